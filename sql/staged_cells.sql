-- staged_cells: the rows of one version as they are staged: the row's place, whether it could be read, and its cells.
--
-- Needs:   ${staging} ${version} ${cells}
-- Expects: a row of a negative version keeps the place of a record that could not be read.
SELECT
    s.rowid - min(s.rowid) OVER () + 1 AS row,
    s._version > 0 AS readable,
    ${cells}
FROM ${staging} AS s
WHERE abs(s._version) = ${version}

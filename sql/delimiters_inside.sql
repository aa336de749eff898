-- delimiters_inside: per version, the delimiters that stand inside cells.
--
-- With those between the cells of the records they are all the delimiters of the file; what is more parts empty cells
-- past the last column, which the bulk reader drops.
--
-- Needs:   ${staging} ${cells} $first $delimiter
-- Expects: the delimiter is one character; only the rows of versions from $first on count.
SELECT
    _version AS version_id,
    sum(strlen(cell) - strlen(replace(cell, $delimiter, ''))) AS inside
FROM (SELECT _version, unnest([${cells}]) AS cell FROM ${staging} WHERE _version >= $first)
WHERE contains(cell, $delimiter)
GROUP BY _version;

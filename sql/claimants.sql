-- claimants: the staged rows of one staging table that claim a key, or that stand at a place, loaded or not.
--
-- What cells say stands in a relation of its own: in one expression DuckDB would take longer to plan it than to run it.
--
-- Needs:   ${staging} ${table} ${state} ${texts} ${match} ${accepted} ${order} ${values}
-- Expects: temp view `placed` over temp table `scope` of `every_version`; `texts` are what the cells say, as c0, c1 ...;
--          `values` is a list of the columns' values as texts, in the order of the file.
SELECT
    s._version,
    s._row,
    s._rank,
    s.path,
    s.staged_by,
    s.since,
    s.state,
    s.staging,
    s.accepted,
    ${order} AS order_value,
    ${values} AS cells
FROM (
    SELECT
        v.version_id AS _version,
        s.rowid - v.first_row + 1 AS _row,
        v.rank AS _rank,
        v.path,
        v.staged_by,
        v.since,
        v.state,
        v.staging,
        ${accepted} AS accepted,
        ${texts}
    FROM ${staging} AS s
    JOIN temp.placed AS v ON v.version_id = s._version
    WHERE v.staging = ${table} AND v.state = ${state}
) AS s
WHERE ${match}

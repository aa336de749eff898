-- staged_rows: per version, the first of its rows and how many there are.
--
-- Rows of one version stand together; where `span` differs from `staged` they do not, and nothing may rely on it.
--
-- Needs:   ${staging} $first
-- Expects: the staging table is append-only.
SELECT
    _version AS version_id,
    min(rowid) AS first_row,
    count(*) AS staged,
    max(rowid) - min(rowid) + 1 AS span
FROM ${staging}
WHERE _version >= $first
GROUP BY _version;

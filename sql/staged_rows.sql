-- staged_rows: per version, the first of its rows and how many there are (a negative version keeps a reject's place).
--
-- Rows of one version stand together; where `span` differs from `places` they do not, and nothing may rely on it.
--
-- Needs:   ${staging} $first
-- Expects: the staging table is append-only.
SELECT
    abs(_version) AS version_id,
    min(rowid) AS first_row,
    count(*) FILTER (_version > 0) AS staged,
    count(*) AS places,
    max(rowid) - min(rowid) + 1 AS span
FROM ${staging}
WHERE _version >= $first OR _version <= -$first
GROUP BY abs(_version);

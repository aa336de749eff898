-- effects: per file, how many of its rows leave the target, and how many rows of files loaded earlier come back.
--
-- Needs:   ${verdicts} ${removed}
-- Expects: `verdicts` are those of rows of versions that stay, `removed` the version of each row that leaves.
SELECT version.path, found.verdict, count(*) AS records
FROM (
    SELECT _version, verdict
    FROM ${verdicts}
    WHERE verdict IN ('returned', 'restored')
    UNION ALL
    SELECT _version, 'removed'
    FROM ${removed}
) AS found
JOIN etl.file_version AS version ON version.version_id = found._version
GROUP BY version.path, found.verdict
ORDER BY version.path;

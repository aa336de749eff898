-- audit_staging: the versions whose rows in one staging table are not as they were staged; no row where all are.
--
-- Rows of one version stand together and number as many as its records, those that could not be read among them. A
-- version that was pruned has none.
--
-- Needs:   ${rows} ${table}
-- Expects: `rows` is what `staged_rows` finds in the staging table called ${table}.
SELECT
    coalesce(version.path || ' (version ' || version.version_id || ')', 'version ' || found.version_id) AS place,
    coalesce(version.staged, 0) AS staged,
    coalesce(found.staged, 0) AS found,
    coalesce(version.read, 0) AS read,
    coalesce(found.places, 0) AS places,
    coalesce(found.span, 0) AS span
FROM (SELECT * FROM etl.file_version WHERE staging = ${table} AND pruned_at IS NULL) AS version
FULL JOIN ${rows} AS found USING (version_id)
WHERE coalesce(version.staged, 0) <> coalesce(found.staged, 0)
    OR coalesce(version.read, 0) <> coalesce(found.places, 0)
    OR coalesce(found.span, 0) <> coalesce(found.places, 0);

-- books: what became of each record of each file version that came with this load.
--
-- Needs:   $load
-- Expects: temp tables `scope`, `tally` (verdicts) and `refused` (rows that were not accepted, per version).
INSERT INTO etl.books (
    load_id, version_id, path, read, rejected, inserted, updated, unchanged, duplicate, superseded
)
SELECT
    $load,
    version.version_id,
    version.path,
    version.read,
    version.unreadable + coalesce(any_value(refused.records), 0),
    coalesce(sum(tally.records) FILTER (tally.verdict = 'inserted'), 0),
    coalesce(sum(tally.records) FILTER (tally.verdict = 'updated'), 0),
    coalesce(sum(tally.records) FILTER (tally.verdict = 'unchanged'), 0),
    coalesce(sum(tally.records) FILTER (tally.verdict = 'duplicate'), 0),
    coalesce(sum(tally.records) FILTER (tally.verdict = 'superseded'), 0)
FROM temp.scope AS scope
JOIN etl.file_version AS version USING (version_id)
LEFT JOIN temp.tally AS tally USING (version_id)
LEFT JOIN temp.refused AS refused USING (version_id)
WHERE scope.state = 'new'
GROUP BY version.version_id, version.path, version.read, version.unreadable;

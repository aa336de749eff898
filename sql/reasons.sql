-- reasons: why rows that claim a key were rejected, and by which load, the newest load first.
--
-- Needs:
-- Expects: temp table `claimant`.
SELECT reject.version_id, reject."row", reject.load_id, reject."column", reject.text, reject.message
FROM etl.reject AS reject
JOIN temp.claimant AS claimant ON claimant._version = reject.version_id AND claimant._row = reject."row"
WHERE reject.severity = 'reject'
ORDER BY reject.load_id DESC;

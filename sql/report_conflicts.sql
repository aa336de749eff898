-- report_conflicts: the conflicts of a load by pair of files and column, the most frequent first.
--
-- Needs:   $load
-- Expects: `samples` is JSON: the first keys, each with the value that won and the other one.
SELECT path, other_path, "column", keys, samples
FROM etl.conflict
WHERE load_id = $load
ORDER BY keys DESC, path, other_path, "column";

-- failures: of each table, its newest load, where that one failed.
--
-- Needs:
-- Expects: a failed load is known by its table's name; the dataset may never have been made.
SELECT dataset, load_id, finished_at, message
FROM etl.load
QUALIFY load_id = max(load_id) OVER (PARTITION BY dataset) AND status = 'failed'
ORDER BY dataset;

-- audit_columns: the staging tables that have not the columns they were made with, or are not there.
--
-- Cells of text stand as text; the types of Parquet are in the name of their table, by a hash.
--
-- Needs:   $database
-- Expects: the control tables; $database is the one in which the staging tables stand.
WITH made AS (
    SELECT staging, CAST(max(CASE WHEN json_valid(header) THEN json_array_length(header) END) AS BIGINT) AS width
    FROM etl.file_version
    WHERE staging <> '' AND pruned_at IS NULL AND read > 0
    GROUP BY staging
),
present AS (
    SELECT
        table_name,
        list(column_name || CASE
            WHEN NOT starts_with(table_name, 'p_') AND data_type <> 'VARCHAR' AND column_index > 1 THEN ' ' || data_type
            ELSE ''
        END ORDER BY column_index) AS columns
    FROM duckdb_columns()
    WHERE database_name = $database AND schema_name = 'staging'
    GROUP BY table_name
)
SELECT
    made.staging,
    '_version, c0 to c' || (made.width - 1) AS expected,
    coalesce(array_to_string(present.columns, ', '), 'no columns: it is not there') AS found
FROM made
LEFT JOIN present ON present.table_name = made.staging
WHERE made.width IS NOT NULL
    AND present.columns IS DISTINCT FROM list_concat(['_version'], ['c' || i FOR i IN range(made.width)])
ORDER BY made.staging;

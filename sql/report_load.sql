-- report_load: the row of one load.
--
-- Needs:   $load
-- Expects: the load exists.
SELECT
    load_id,
    dataset,
    command,
    status,
    started_at,
    epoch_ms(finished_at) - epoch_ms(started_at) AS milliseconds,
    definition_before,
    definition_after,
    on_error,
    message,
    records_before,
    records_after,
    inserted,
    updated,
    unchanged,
    duplicate,
    superseded,
    returned,
    removed,
    restored,
    rejected
FROM etl.load
WHERE load_id = $load;

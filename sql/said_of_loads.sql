-- said_of_loads: what the ledger says of loads, a row of a control table as its numbers and its texts.
--
-- The columns are named: one that comes later changes no seal. What the ledger changes afterwards is none of it: the
-- size, time stamps and inode by which a file is known again, and when a version was pruned.
--
-- Needs:   $first $last
-- Expects: the control tables.
SELECT load_id AS owner_id, relation, numbers, texts
FROM (
    SELECT
        load_id,
        'load' AS relation,
        [
            dataset_id, records_before, records_after, inserted, updated, unchanged, duplicate, superseded, returned,
            removed, restored, rejected, undoes, epoch_us(started_at), epoch_us(finished_at)
        ] AS numbers,
        [
            dataset, command, status, definition_before, definition_after, on_error, message, reading_before,
            reading_after
        ] AS texts
    FROM etl.load
    UNION ALL
    SELECT load_id, 'flip', [version_id, CAST(loaded AS BIGINT)], []
    FROM etl.flip
    UNION ALL
    SELECT load_id, 'books', [version_id, read, rejected, inserted, updated, unchanged, duplicate, superseded], [path]
    FROM etl.books
    UNION ALL
    SELECT
        load_id,
        'reject',
        [version_id, line, "row", byte_offset],
        [severity, code, message, path, "column", text, record, advice]
    FROM etl.reject
    UNION ALL
    SELECT load_id, 'column', [ordinal], [name, type, reason]
    FROM etl."column"
    UNION ALL
    SELECT load_id, 'conflict', [keys], [path, other_path, "column", samples]
    FROM etl.conflict
    UNION ALL
    SELECT
        load_id,
        'file_version',
        [
            version_id, dataset_id, lines, header_lines, skipped_lines, blank_lines, continuation_lines, read,
            unreadable, staged
        ],
        [path, fingerprint, staging, header, spelling, dialect, content, reading]
    FROM etl.file_version
)
WHERE load_id BETWEEN $first AND $last

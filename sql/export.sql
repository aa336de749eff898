-- export: the target as a file, in derived order of columns and rows.
--
-- Needs:   ${columns} ${target} ${lineage} ${order} ${destination} ${format}
-- Expects: `order` decides every row, so that the bytes are the same on any thread count.
COPY (
    SELECT ${columns}
    FROM ${target} AS t
    ${lineage}
    ORDER BY ${order}
) TO ${destination} (${format});

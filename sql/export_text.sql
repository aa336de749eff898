-- export_text: the target as JSON text put together by hand, where DuckDB's own writer would round the numbers of a column.
--
-- Needs:   ${members} ${target} ${lineage} ${order} ${destination} ${format}
-- Expects: `members` are the texts of an object's members; `format` writes one text a line, bare. `order` decides every
--          row, so that the bytes are the same on any thread count.
COPY (
    SELECT '{' || concat_ws(',', ${members}) || '}'
    FROM ${target} AS t
    ${lineage}
    ORDER BY ${order}
) TO ${destination} (${format});

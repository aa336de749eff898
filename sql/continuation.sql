-- continuation: per version, the line ends inside cells, the blank lines among them, and the lines of the longest cell.
--
-- Counted from the cells themselves, so that the books of physical lines have two sides.
--
-- Needs:   ${staging} ${line_ends} ${blank_lines} ${longest} ${any} $first
-- Expects: `any` is whether a row has a line end at all; the other three are sums, and a maximum, of etl_line_ends / etl_blank_lines over the cells of a row.
SELECT
    _version AS version_id,
    sum(${line_ends}) AS continuation,
    sum(${blank_lines}) AS blank,
    max(${longest}) + 1 AS longest
FROM ${staging}
WHERE _version >= $first AND (${any})
GROUP BY _version;

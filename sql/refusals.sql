-- refusals: what is wrong with the suspects of one staging table, one line a problem; one condition after another.
--
-- Needs:   ${condition} ${code} ${column} ${text} ${record}
-- Expects: temp tables `suspect` and `refusal`.
INSERT INTO temp.refusal
SELECT
    s.version_id,
    s.row,
    ${code} AS code,
    ${column} AS column_name,
    ${text} AS text,
    ${record} AS record
FROM temp.suspect AS s
WHERE ${condition};

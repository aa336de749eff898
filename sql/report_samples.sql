-- report_samples: the first problems of each reason in a load, in the order of files and lines.
--
-- Needs:   $load $most
-- Expects: text is compared by bytes.
SELECT severity, code, path, line, "row", "column", text, message, advice, record
FROM etl.reject
WHERE load_id = $load
QUALIFY row_number() OVER (
    PARTITION BY severity, code
    ORDER BY path NULLS FIRST, line NULLS FIRST, "row" NULLS FIRST, rowid
) <= $most
ORDER BY severity, code, path NULLS FIRST, line NULLS FIRST, "row" NULLS FIRST, rowid;

-- report_reasons: what was rejected, refused, left out or warned of in a load, by reason, the most frequent first.
--
-- Needs:   $load
-- Expects: a record with several problems of one reason counts once; a problem of a whole file is a record of its own.
SELECT
    severity,
    code,
    count(*) AS problems,
    count(DISTINCT row(path, line, "row")) AS records,
    count(DISTINCT path) AS files
FROM etl.reject
WHERE load_id = $load
GROUP BY severity, code
ORDER BY severity, records DESC, code;

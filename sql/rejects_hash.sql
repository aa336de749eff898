-- rejects_hash: a hash of the staged rows of rejected records, by the load that rejected them and by version.
--
-- md5 is the same in every version of DuckDB, and rejects are few.
--
-- Needs:   ${staging} ${cells} $name $least $first $last
-- Expects: temp table `located` with the versions of the staging table called $name, none of which is below $least.
SELECT
    rejected.load_id,
    rejected.version_id,
    count(*) AS records,
    CAST(sum(CAST(md5_number_lower(
        rejected."row" || ' ' || s._version || ' ' || CAST(to_json([${cells}]) AS VARCHAR)
    ) AS HUGEINT)) AS VARCHAR) AS digest
FROM ${staging} AS s
JOIN (
    SELECT DISTINCT reject.load_id, reject.version_id, reject."row", l.first_row + reject."row" - 1 AS place
    FROM etl.reject AS reject
    JOIN etl.file_version AS version USING (version_id)
    JOIN temp.located AS l USING (version_id)
    WHERE reject.severity = 'reject' AND version.staging = $name AND reject.load_id BETWEEN $first AND $last
) AS rejected ON rejected.place = s.rowid AND rejected.version_id = abs(s._version)
WHERE s._version >= $least OR s._version <= -$least
GROUP BY rejected.load_id, rejected.version_id;

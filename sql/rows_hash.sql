-- rows_hash: a hash of the staged rows of versions: their places, whether they could be read, and their cells.
--
-- Needs:   ${staging} ${cells} $versions
-- Expects: temp table `located` with these versions. hash() is DuckDB's own, and another version of it may give others.
SELECT
    l.version_id,
    count(*) AS records,
    CAST(bit_xor(hash(s.rowid - l.first_row, s._version > 0, ${cells})) AS VARCHAR) AS digest
FROM ${staging} AS s
JOIN (
    FROM temp.located
    WHERE version_id IN (SELECT unnest($versions))
) AS l ON l.version_id = abs(s._version)
GROUP BY l.version_id;

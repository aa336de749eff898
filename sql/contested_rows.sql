-- contested_rows: the contested rows of one staging table as values of the target's columns, and no other row.
--
-- Needs:   ${staging} ${table} ${values}
-- Expects: temp table `contested` and temp view `placed`.
SELECT s._version, k._row, k._rank, k.wins, ${values}
FROM ${staging} AS s
JOIN (
    SELECT contested._row, contested.wins, v.rank AS _rank, v.first_row + contested._row - 1 AS place
    FROM temp.contested AS contested
    JOIN temp.placed AS v ON v.version_id = contested._version
    WHERE v.staging = ${table}
) AS k ON k.place = s.rowid

-- reread_rows: the columns that change type, of the rows of one staging table that may stand in the target.
--
-- Needs:   ${staging} ${table} ${texts} ${fits} ${values}
-- Expects: temp view `placed`; `texts` are the cells x0 ..., `fits` whether each fits the new type as f0 ..., `values`
--          the values n0 ... beside m0 ...: that a cell is there and does not fit.
SELECT _version, _row, ${values}
FROM (
    SELECT *, ${fits}
    FROM (
        SELECT s._version, s.rowid - v.first_row + 1 AS _row, ${texts}
        FROM ${staging} AS s
        JOIN temp.placed AS v ON v.version_id = s._version
        WHERE v.staging = ${table} AND v.state IN ('kept', 'left')
    )
)

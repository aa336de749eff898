-- claims: the rows of the keys that more than one candidate claims. All other rows are winners by themselves.
--
-- DISTINCT ON over whole rows is the costliest form there is: only these rows, and only their keys and positions, go
-- through it.
--
-- Needs:   ${candidates} ${key} ${order}
-- Expects: keys hold no NULL.
CREATE OR REPLACE TEMP TABLE claim AS
WITH candidate AS (
    SELECT ${key}, ${order} AS order_value, _version, _row, _rank
    FROM ${candidates}
)
SELECT *
FROM candidate
SEMI JOIN (
    SELECT ${key}
    FROM candidate
    GROUP BY ${key}
    HAVING count(*) > 1
) USING (${key});

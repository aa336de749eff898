-- verdicts: what becomes of the best candidate of every key: the plan, the books and the input of the merge.
--
-- A row that leaves (its version is `left`) holds its key no more; any other row in the target is met at its position.
--
-- Needs:   ${before} ${key} ${beats} ${differs}
-- Expects: temp tables `challenger` (c) and `scope`; `before` is the target as it is (b), v its version.
CREATE OR REPLACE TEMP TABLE verdict AS
SELECT
    c.*,
    CASE
        WHEN b._version IS NULL THEN CASE WHEN c.state = 'new' THEN 'inserted' ELSE 'returned' END
        WHEN v.state <> 'left' AND ${beats} THEN 'superseded'
        WHEN c.state <> 'new' THEN 'restored'
        WHEN ${differs} THEN 'updated'
        ELSE 'unchanged'
    END AS verdict,
    b._version AS met
FROM temp.challenger AS c
LEFT JOIN ${before} AS b USING (${key})
LEFT JOIN temp.scope AS v ON v.version_id = b._version;

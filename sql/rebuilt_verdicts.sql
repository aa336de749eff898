-- rebuilt_verdicts: what became of every row of a rebuilt target, against the target before.
--
-- Needs:   ${after} ${before} ${match} ${differs}
-- Expects: `after` (c) and `before` (b) have the columns n0, n1 ... under the types of now.
CREATE OR REPLACE TEMP TABLE verdict AS
SELECT
    c._version,
    c._row,
    scope.state,
    CASE
        WHEN b._version IS NULL THEN CASE WHEN scope.state = 'new' THEN 'inserted' ELSE 'returned' END
        WHEN scope.state <> 'new'
        THEN CASE WHEN (b._version, b._row) = (c._version, c._row) THEN 'kept' ELSE 'restored' END
        WHEN ${differs} THEN 'updated'
        ELSE 'unchanged'
    END AS verdict
FROM ${after} AS c
JOIN temp.scope AS scope ON scope.version_id = c._version
LEFT JOIN ${before} AS b ON ${match};

-- tally: how many rows of each new version met each verdict.
--
-- Winners are counted from their verdicts, losers from the claims they lost: to a row of this load, or to an older one.
--
-- Needs:   ${key}
-- Expects: temp tables `verdict` with the keys, `loser` and `scope`.
CREATE OR REPLACE TEMP TABLE tally AS
SELECT _version AS version_id, verdict, count(*) AS records
FROM temp.verdict
WHERE state = 'new'
GROUP BY _version, verdict
UNION ALL
SELECT
    loser._version AS version_id,
    CASE WHEN verdict.state = 'new' AND verdict.verdict <> 'superseded' THEN 'duplicate' ELSE 'superseded' END AS verdict,
    count(*) AS records
FROM temp.loser AS loser
JOIN temp.scope AS scope ON scope.version_id = loser._version AND scope.state = 'new'
JOIN temp.verdict AS verdict USING (${key})
GROUP BY ALL;

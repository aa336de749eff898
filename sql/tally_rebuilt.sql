-- tally_rebuilt: how many rows of each new version met each verdict, after a rebuild.
--
-- Winners are counted from their verdicts, losers from the claims they lost.
--
-- Needs:
-- Expects: temp tables `verdict`, `loser` and `scope`.
CREATE OR REPLACE TEMP TABLE tally AS
SELECT _version AS version_id, verdict, count(*) AS records
FROM temp.verdict
WHERE state = 'new'
GROUP BY _version, verdict
UNION ALL
SELECT
    loser._version AS version_id,
    CASE WHEN winner.state = 'new' THEN 'duplicate' ELSE 'superseded' END AS verdict,
    count(*) AS records
FROM temp.loser AS loser
JOIN temp.scope AS scope ON scope.version_id = loser._version AND scope.state = 'new'
JOIN temp.scope AS winner ON winner.version_id = loser.best_version
GROUP BY ALL;

-- losers: the claims that are not the best of their key, each with the version of the row that beat it.
--
-- Needs:   ${key}
-- Expects: temp tables `claim` and `best`.
CREATE OR REPLACE TEMP TABLE loser AS
SELECT ${key}, claim._version, claim._row, best._version AS best_version
FROM temp.claim AS claim
JOIN temp.best AS best USING (${key})
WHERE (claim._version, claim._row) <> (best._version, best._row);

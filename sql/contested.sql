-- contested: of the rows that lost a key, what each other file says of it: its own best row.
--
-- Only rows that this load meets: those that came with it, and those that stood in the target before.
--
-- Needs:   ${key} ${best_row} ${met}
-- Expects: temp tables `claim`, `best` and `scope`; `best_row` picks the row of the best claim of a file, `met` is the
--          condition on a claim that did not win, of version v.
CREATE OR REPLACE TEMP TABLE contested AS
SELECT ${key}, claim._version, ${best_row} AS _row, false AS wins
FROM temp.claim AS claim
JOIN (SELECT ${key}, _version AS best_version FROM temp.best) AS best USING (${key})
JOIN temp.scope AS v ON v.version_id = claim._version
WHERE claim._version <> best.best_version AND ${met}
GROUP BY ${key}, claim._version;

-- contested_winners: the rows that win the contested keys, beside those that lost them.
--
-- Needs:   ${key}
-- Expects: temp tables `best` and `contested`.
INSERT INTO temp.contested
SELECT ${key}, best._version, best._row, true
FROM temp.best AS best
SEMI JOIN temp.contested USING (${key});

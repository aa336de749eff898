-- upsert: the winners into the target.
--
-- Needs:   ${target} ${columns} ${values} ${key} ${assignments}
-- Expects: temp table `verdict` with one row a key (checked before: with two, DuckDB would keep the first in silence).
INSERT INTO ${target} (${columns}, _version, _row)
SELECT ${values}, _version, _row
FROM temp.verdict
WHERE verdict <> 'superseded'
ON CONFLICT (${key}) DO UPDATE SET ${assignments};

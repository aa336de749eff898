-- removed: the lost keys that no loaded row claims any more.
--
-- Needs:   ${key}
-- Expects: temp tables `lost` and `challenger`.
CREATE OR REPLACE TEMP TABLE removed AS
SELECT ${key}, _version
FROM temp.lost
ANTI JOIN temp.challenger AS challenger USING (${key});

-- eras: under which types each version that left was loaded; a version left by a load is none of that load's.
--
-- Needs:   $loads $numbers
-- Expects: temp table `scope` of `every_version`; both are lists: the types that a load left, by number.
CREATE OR REPLACE TEMP TABLE era AS
WITH typed AS (
    SELECT unnest($loads) AS load_id, unnest($numbers) AS number
),
stay AS (
    SELECT
        version_id,
        load_id AS came,
        lead(load_id) OVER (PARTITION BY version_id ORDER BY load_id) AS gone,
        loaded
    FROM etl.flip
    WHERE version_id IN (SELECT version_id FROM temp.scope WHERE state = 'left')
)
SELECT DISTINCT typed.number, stay.version_id
FROM stay
JOIN typed ON typed.load_id >= stay.came AND typed.load_id < stay.gone
WHERE stay.loaded;

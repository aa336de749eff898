-- held_types: the types that columns had after each load of a dataset, the oldest load first.
--
-- Needs:   $dataset
-- Expects: a column is kept under the name that is shown.
SELECT
    load.load_id,
    load.definition_after,
    list("column".name ORDER BY "column".ordinal) AS names,
    list("column".type ORDER BY "column".ordinal) AS types
FROM etl.load AS load
JOIN etl."column" AS "column" USING (load_id)
WHERE load.dataset_id = $dataset AND load.status = 'loaded'
GROUP BY load.load_id, load.definition_after
ORDER BY load.load_id;

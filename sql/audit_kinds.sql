-- audit_kinds: the columns of loaded versions whose kinds of cells are kept otherwise than they are taken from staging.
--
-- Needs:   ${kept} $digest
-- Expects: temp table `scope`; `etl.cell_kind` was just taken, `kept` is what the ledger keeps.
SELECT scope.path, taken.place, taken.kinds, kept.kinds AS kept
FROM etl.cell_kind AS taken
JOIN temp.scope AS scope USING (version_id)
LEFT JOIN ${kept} AS kept
    ON kept.version_id = taken.version_id AND kept.place = taken.place AND kept.cells = taken.cells
WHERE taken.cells = $digest AND taken.kinds IS DISTINCT FROM kept.kinds
ORDER BY scope.path, taken.place;

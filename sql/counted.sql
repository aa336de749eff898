-- counted: the columns of which the ledger keeps digits of numbers that no type needed when the target was rebuilt.
--
-- Needs:   ${kept} $digest
-- Expects: as `audit_kinds`.
SELECT DISTINCT scope.staging, kept.place
FROM ${kept} AS kept
JOIN temp.scope AS scope USING (version_id)
JOIN etl.cell_kind AS taken
    ON taken.version_id = kept.version_id AND taken.place = kept.place AND taken.cells = kept.cells
WHERE kept.cells = $digest AND kept.scale IS NOT NULL AND taken.scale IS NULL
ORDER BY ALL;

-- marked_columns: in which loaded files which columns have a cell with a mark beside its kind, such as -0.0.
--
-- Needs:   $digest $mark
-- Expects: temp table `scope`; `etl.cell_kind` is complete for the loaded versions.
SELECT scope.path, scope.state, scope.staging, kind.place
FROM temp.scope AS scope
JOIN etl.cell_kind AS kind ON kind.version_id = scope.version_id AND kind.cells = $digest
WHERE scope.state <> 'left' AND kind.kinds & $mark > 0
ORDER BY scope.rank, kind.place;

-- negative_zeros: in which loaded files which columns have a -0.0.
--
-- Needs:   $digest
-- Expects: temp table `scope`; `etl.cell_kind` is complete for the loaded versions.
SELECT scope.path, scope.state, scope.staging, kind.place
FROM temp.scope AS scope
JOIN etl.cell_kind AS kind ON kind.version_id = scope.version_id AND kind.cells = $digest
WHERE scope.state <> 'left' AND kind.kinds & 1024 > 0
ORDER BY scope.rank, kind.place;

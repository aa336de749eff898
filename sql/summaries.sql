-- summaries: per staging table and column, the joined kinds of the loaded versions and the first text cell.
--
-- Needs:   $digest
-- Expects: temp table `scope`; `etl.cell_kind` is complete for the loaded versions.
SELECT
    scope.staging,
    kind.place,
    bit_or(kind.kinds) AS kinds,
    max(kind.integer_digits) AS integer_digits,
    max(kind.scale) AS scale,
    min(scope.rank) FILTER (kind.kinds & 128 > 0) AS example_rank,
    arg_min(
        {'version_id': kind.version_id, 'path': scope.path, 'row': kind.example_row, 'text': kind.example}, scope.rank
    ) FILTER (kind.kinds & 128 > 0) AS example
FROM temp.scope AS scope
JOIN etl.cell_kind AS kind ON kind.version_id = scope.version_id AND kind.cells = $digest
WHERE scope.state <> 'left'
GROUP BY scope.staging, kind.place;

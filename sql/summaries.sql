-- summaries: per staging table and column, the joined kinds of the loaded versions and the first text cell.
--
-- Needs:   $digest
-- Expects: temp table `scope`; `etl.cell_kind` is complete for the loaded versions.
SELECT
    scope.staging,
    kind.place,
    bit_or(kind.kinds) AS kinds,
    coalesce(max(kind.integer_digits), 0) AS integer_digits,
    coalesce(max(kind.scale), 0) AS scale,
    count(*) FILTER (kind.kinds & 15 > 0 AND kind.kinds & 2176 = 0 AND kind.scale IS NULL) AS uncounted,
    min(scope.rank) FILTER (kind.kinds & 2176 > 0) AS example_rank,
    arg_min(
        {'version_id': kind.version_id, 'path': scope.path, 'row': kind.example_row, 'text': kind.example}, scope.rank
    ) FILTER (kind.kinds & 2176 > 0) AS example
FROM temp.scope AS scope
JOIN etl.cell_kind AS kind ON kind.version_id = scope.version_id AND kind.cells = $digest
WHERE scope.state <> 'left'
GROUP BY scope.staging, kind.place;

-- audit_kinds: the columns of loaded versions whose kinds of cells are kept otherwise than they are taken from staging,
-- or kept of a column or definition that they have not.
--
-- So are the first cell that makes a column text and, where the ledger keeps a count of them, the digits of numbers.
--
-- Needs:   ${kept} $digest
-- Expects: temp table `scope`; `etl.cell_kind` was just taken, `kept` is what the ledger keeps; digits that are kept
--          were counted again (`counted`).
SELECT
    scope.path,
    place,
    concat_ws(', ', taken.kinds, taken.integer_digits, taken.scale, taken.example_row, taken.example) AS expected,
    concat_ws(', ', kept.kinds, kept.integer_digits, kept.scale, kept.example_row, kept.example) AS found
FROM (SELECT * FROM etl.cell_kind WHERE cells = $digest) AS taken
FULL JOIN ${kept} AS kept USING (version_id, place, cells)
JOIN temp.scope AS scope USING (version_id)
WHERE (taken.kinds, taken.example_row, taken.example) IS DISTINCT FROM (kept.kinds, kept.example_row, kept.example)
    OR (
        coalesce(kept.integer_digits, kept.scale) IS NOT NULL
        AND (taken.integer_digits, taken.scale) IS DISTINCT FROM (kept.integer_digits, kept.scale)
    )
ORDER BY scope.path, place;

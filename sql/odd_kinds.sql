-- odd_kinds: files of which kinds of cells are kept that etl does not write: of no column or of no kind.
--
-- Needs:
-- Expects: the control tables; 2^33 is past every kind.
SELECT version.path, kind.place
FROM etl.cell_kind AS kind
LEFT JOIN etl.file_version AS version USING (version_id)
WHERE version.version_id IS NULL
    OR kind.place NOT BETWEEN 0 AND json_array_length(version.header) - 1
    OR kind.kinds NOT BETWEEN 0 AND 8589934591
ORDER BY kind.version_id, kind.place
LIMIT 1;

-- scope: the file versions that this move is about, with the rank of their paths.
--
-- A version is `new` (a file brings it), `back` (it comes back from staging), `kept` (it was loaded and stays) or `left`
-- (it goes). Rank is by path, code point by
-- code point (DuckDB compares texts by their UTF-8 bytes, which is the same order); never by an id.
--
-- Needs:   $dataset $load
-- Expects: the flips of load $load are in the ledger.
CREATE OR REPLACE TEMP TABLE scope AS
SELECT
    version.version_id,
    version.path,
    version.staging,
    version.header,
    version.spelling,
    version.staged,
    version.read,
    CASE
        WHEN flip.loaded IS NULL THEN 'kept'
        WHEN NOT flip.loaded THEN 'left'
        WHEN version.load_id = $load THEN 'new'
        ELSE 'back'
    END AS state,
    dense_rank() OVER (ORDER BY version.path) AS rank
FROM etl.file_version AS version
LEFT JOIN etl.flip AS flip ON flip.version_id = version.version_id AND flip.load_id = $load
WHERE version.dataset_id = $dataset
    AND (flip.loaded IS NOT NULL OR version.version_id IN (SELECT version_id FROM etl.loaded_version));

-- stage_parquet: read Parquet files of one structure into their staging table, in one scan.
--
-- Columns are taken by their place and keep their types; nested ones are told as JSON.
--
-- Needs:   ${staging} ${cells} ${aliases} $first $files
-- Expects: version ids are consecutive in the list, the first is $first; names of files are escaped as globs.
INSERT INTO ${staging}
SELECT CAST($first + file_index AS INTEGER), ${cells}
FROM read_parquet($files, hive_partitioning = false) AS t(${aliases});

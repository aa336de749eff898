-- stage_objects: read files of JSON lines, whose keys make columns of DuckDB, into their staging table, in one scan.
--
-- It is stage_json at half its time, as no line becomes a text first. A missing key and null are NULL.
--
-- Needs:   ${staging} ${cells} ${columns} $files $longest $first
-- Expects: version ids are consecutive in the list of files, the first is $first; every line is an object, its keys are
--          among `columns` and there once, and DuckDB writes its numbers as they stand.
INSERT INTO ${staging}
SELECT CAST($first + file_index AS INTEGER), ${cells}
FROM read_json(
    $files,
    columns = ${columns},
    format = 'newline_delimited',
    records = 'true',
    compression = 'uncompressed',
    maximum_object_size = $longest,
    hive_partitioning = false
);

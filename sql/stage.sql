-- stage: read files of one header and dialect into their staging table, in one scan.
--
-- Cells stay text: NULL is an unquoted empty cell, '' is "". Rows stand in the order of the list and of each file;
-- `file_index` is the file's place in the list. Records that the parser cannot read go to `reject_errors`.
--
-- The place of a record that the careful reader rejected is kept by a row of a negative version, which nothing reads.
--
-- Needs:   ${staging} ${version} ${cells} ${columns} ${line_end}
--          $first $files $delimiter $quote $escape $skip $longest $parallel $pad
-- Expects: version ids are consecutive in the list, the first is $first; names of files are escaped as globs.
INSERT INTO ${staging}
SELECT ${version}, ${cells}
FROM read_csv(
    $files,
    columns = ${columns},
    header = false,
    auto_detect = false,
    delim = $delimiter,
    quote = $quote,
    escape = $escape,
    skip = $skip,
    compression = 'none',
    max_line_size = $longest,
    parallel = $parallel${line_end},
    null_padding = $pad,
    nullstr = '',
    allow_quoted_nulls = false,
    hive_partitioning = false,
    store_rejects = true,
    rejects_limit = 0
);

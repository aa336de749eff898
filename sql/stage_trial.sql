-- stage_trial: whether the reader gets through these files at all, with nothing stored.
--
-- Needs:   ${columns} ${line_end} $files $delimiter $quote $escape $skip $longest $parallel $pad
-- Expects: as stage.sql.
SELECT count(*)
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

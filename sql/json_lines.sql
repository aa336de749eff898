-- json_lines: the lines of files as they stand; a blank one is NULL.
--
-- Needs:   ${more} $files $longest
-- Expects: no file holds a character below 3, so nothing parts or quotes a line; `more` are further columns.
SELECT file_index, ${more} line
FROM read_csv(
    $files,
    columns = {'line': 'VARCHAR'},
    header = false,
    auto_detect = false,
    delim = chr(1),
    quote = '',
    escape = '',
    compression = 'none',
    max_line_size = $longest,
    nullstr = '',
    hive_partitioning = false
)

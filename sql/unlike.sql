-- unlike: put a value that differs from the one to come where an upsert will write, so that it does write.
--
-- DuckDB writes no value over one that it takes for equal, and takes a month for 30 days; under a NULL it compares with
-- what stood there before.
--
-- Needs:   ${target} ${unlike} ${match}
-- Expects: temp table `verdict` (w) with one row a key; `unlike` sets columns of the target (t) by those of w.
UPDATE ${target} AS t
SET ${unlike}
FROM temp.verdict AS w
WHERE w.verdict <> 'superseded' AND ${match};

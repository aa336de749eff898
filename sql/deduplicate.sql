-- deduplicate: of the rows that claim one key, the first stays.
--
-- The winner is the row at the lowest position: order value (NULL lowest), then rank of its path, then row in the file.
--
-- Needs:   ${key}
-- Expects: temp table `claim`; keys hold no NULL.
CREATE OR REPLACE TEMP TABLE best AS
SELECT DISTINCT ON (${key}) ${key}, _version, _row
FROM temp.claim
ORDER BY ${key}, order_value ASC NULLS FIRST, _rank ASC, _row ASC;

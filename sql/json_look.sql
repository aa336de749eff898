-- json_look: per file of JSON lines, how many different lists of keys its objects have, one of them, and what is odd.
--
-- `flag` is the highest etl_json_flag of its lines; `odd` is a line that is no object with a key, or a key twice.
--
-- Needs:   ${lines} ${keys}
-- Expects: `keys` are those of `line`, NULL where it is not JSON.
SELECT
    file_index,
    count(*) AS variants,
    any_value(keys) AS keys,
    max(flag) AS flag,
    bool_or(keys IS NULL OR keys = []) OR bool_or(len(keys) <> len(list_distinct(keys))) AS odd
FROM (
    SELECT file_index, ${keys} AS keys, max(etl_json_flag(line)) AS flag
    FROM ${lines}
    WHERE line IS NOT NULL
    GROUP BY ALL
)
GROUP BY file_index
ORDER BY file_index;

-- json_look: per file of JSON lines, how many different lists of keys its objects have, one of them, and what is odd.
--
-- `flag` is the highest etl_json_flag of its lines; `odd` is a line that is no object with a key, or a key twice.
-- Lines are grouped by what differs from the usual list alone: lists cost more to group by than to compare.
--
-- Needs:   ${lines} ${keys} $usual
-- Expects: `keys` are those of `line`, NULL where it is not JSON; `usual` is a list of keys, or NULL.
SELECT
    file_index,
    count(*) AS variants,
    any_value(keys) AS keys,
    max(flag) AS flag,
    bool_or(keys IS NULL OR keys = []) OR bool_or(len(keys) <> len(list_distinct(keys))) AS odd
FROM (
    SELECT file_index, CASE WHEN as_usual THEN CAST($usual AS VARCHAR[]) ELSE keys END AS keys, flag
    FROM (
        SELECT
            file_index,
            keys IS NOT DISTINCT FROM CAST($usual AS VARCHAR[]) AS as_usual,
            CASE WHEN keys IS DISTINCT FROM CAST($usual AS VARCHAR[]) THEN keys END AS keys,
            max(flag) AS flag
        FROM (
            SELECT file_index, ${keys} AS keys, etl_json_flag(line) AS flag
            FROM ${lines}
            WHERE line IS NOT NULL
        )
        GROUP BY ALL
    )
)
GROUP BY file_index
ORDER BY file_index;

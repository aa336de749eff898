-- digests: what is said in control tables as a number of rows and a sum over their hashes, by owner and table.
--
-- md5 is the same in every version of DuckDB.
--
-- Needs:   ${owner} ${said}
-- Expects: `said` gives rows as `said_of_loads` does; rows of one text count as often as they stand there.
SELECT
    ${owner} AS owner,
    owner_id,
    relation,
    count(*) AS records,
    CAST(sum(CAST(
        md5_number_lower(CAST(to_json(numbers) AS VARCHAR) || CAST(to_json(texts) AS VARCHAR)) AS HUGEINT
    )) AS VARCHAR) AS digest
FROM ${said}
GROUP BY owner_id, relation

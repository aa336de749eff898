-- json_first: the keys of the first line of some files of JSON lines; NULL where they have none.
--
-- Needs:   ${lines} ${keys}
-- Expects: `keys` are those of `line`.
SELECT (SELECT ${keys} FROM ${lines} WHERE line IS NOT NULL LIMIT 1) AS keys;

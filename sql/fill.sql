-- fill: a new table with the winning row of every key: a first load, and every rebuild.
--
-- Rows are sorted by key: sorting is done by all threads, where plain rows of this transaction would be written by one,
-- and the index of a text key takes a quarter of the time.
--
-- Needs:   ${table} ${values} ${candidates} ${order}
-- Expects: temp table `loser`.
CREATE TABLE ${table} AS
SELECT ${values}, _version, _row
FROM ${candidates} AS candidate
ANTI JOIN temp.loser AS loser USING (_version, _row)
ORDER BY ${order};

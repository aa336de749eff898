-- fill: a new table with the winning row of every key: a first load, and every rebuild.
--
-- Needs:   ${table} ${values} ${candidates}
-- Expects: temp table `loser`.
CREATE TABLE ${table} AS
SELECT ${values}, _version, _row
FROM ${candidates} AS candidate
ANTI JOIN temp.loser AS loser USING (_version, _row);

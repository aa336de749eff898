-- challengers: the best candidate of every key, with its values.
--
-- Needs:   ${candidates}
-- Expects: temp tables `loser` and `scope`.
CREATE OR REPLACE TEMP TABLE challenger AS
SELECT candidate.*, scope.state
FROM ${candidates} AS candidate
JOIN temp.scope AS scope ON scope.version_id = candidate._version
ANTI JOIN temp.loser AS loser ON loser._version = candidate._version AND loser._row = candidate._row;

-- declared_zeros: in which files which columns of one staging table have the zero with a sign, as text of a declared type.
--
-- What the kinds of cells do not tell: text in quotes, and a decimal comma.
--
-- Needs:   ${staging} ${found} ${states} $named
-- Expects: temp table `scope`; `found` is a truth value a column, as a list.
SELECT scope.path, scope.state, found.found
FROM (
    SELECT s._version, ${found} AS found
    FROM ${staging} AS s
    WHERE s._version IN (SELECT version_id FROM temp.scope WHERE staging = $named AND state IN (${states}))
    GROUP BY s._version
) AS found
JOIN temp.scope AS scope ON scope.version_id = found._version
ORDER BY scope.rank;

-- conflicts: the keys that two files claim with different values: the row that wins beside that of the other file.
--
-- Needs:   ${winners} ${others} ${match} ${values} ${differs}
-- Expects: temp table `scope`; w wins a key and o is another row of it; their values are n0 ... and m0 ....
CREATE OR REPLACE TEMP TABLE disputed AS
SELECT w._version, w._row, o._version AS other_version, ${values}
FROM ${others} AS o
JOIN ${winners} AS w ON ${match}
JOIN temp.scope AS v ON v.version_id = w._version
JOIN temp.scope AS u ON u.version_id = o._version
WHERE v.path <> u.path AND ${differs};

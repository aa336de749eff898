-- conflicts: the keys that two files claim with different values: the row that wins beside that of the other file.
--
-- Needs:   ${winners} ${others} ${match} ${values} ${differs}
-- Expects: w wins a key and o is another row of it; their values are n0 ... and m0 ...; rows of one path have one _rank.
CREATE OR REPLACE TEMP TABLE disputed AS
SELECT w._version, w._row, o._version AS other_version, ${values}
FROM ${others} AS o
JOIN ${winners} AS w ON ${match}
WHERE w._rank <> o._rank AND ${differs};

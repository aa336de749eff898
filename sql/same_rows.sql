-- same_rows: the rows that one relation has and another has not, counted as often as they stand there.
--
-- Needs:   ${columns} ${these} ${those}
-- Expects: both relations have the columns, of the same types.
SELECT ${columns}
FROM ${these}
EXCEPT ALL
SELECT ${columns}
FROM ${those}

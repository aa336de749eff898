-- hold_export: fail where the export that a script made is not the one of the load.
--
-- Needs:   ${export} ${digest} ${otherwise}
-- Expects: a script of `--emit-sql` wrote the file `export` before.
SELECT CASE
    WHEN sha256(content) = ${digest} THEN 'It is that of the load.'
    ELSE error(${otherwise} || sha256(content))
END AS "The export"
FROM read_blob(${export});

-- append: every accepted row of the new versions, beside what is there.
--
-- Needs:   ${target} ${columns} ${values} ${candidates}
-- Expects: `candidates` is the UNION ALL of the staging tables.
INSERT INTO ${target} (${columns}, _version, _row)
SELECT ${values}, _version, _row
FROM ${candidates};

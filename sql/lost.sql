-- lost: the keys whose row in the target came from a version that leaves, with that version.
--
-- Needs:   ${before} ${key}
-- Expects: temp table `scope`.
CREATE OR REPLACE TEMP TABLE lost AS
SELECT ${key}, _version
FROM ${before}
SEMI JOIN (SELECT version_id AS _version FROM temp.scope WHERE state = 'left') USING (_version);

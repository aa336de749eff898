-- retract: the rows of the versions that leave, out of the target of an `append`.
--
-- Needs:   ${target}
-- Expects: temp table `scope`.
DELETE FROM ${target}
WHERE _version IN (SELECT version_id FROM temp.scope WHERE state = 'left');

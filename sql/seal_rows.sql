-- seal_rows: keep the hash of the rows of a version that leaves.
--
-- Needs:   $version $records $digest
-- Expects: a version may have left before, and been loaded again.
INSERT INTO etl.seal (owner, owner_id, relation, records, digest)
VALUES ('version', $version, 'staging', $records, $digest)
ON CONFLICT (owner, owner_id, relation) DO UPDATE SET records = excluded.records, digest = excluded.digest;

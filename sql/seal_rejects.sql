-- seal_rejects: keep the hashes of the staged rows that a load rejected, one a version.
--
-- Needs:   ${hashes}
-- Expects: `hashes` is what `rejects_hash` finds, with its values; the load is a new one.
INSERT INTO etl.seal (owner, owner_id, relation, records, digest)
SELECT 'version', version_id, 'rejects of load ' || load_id, records, digest
FROM ${hashes};

-- seal_dataset: keep the seals of a dataset as it stands now.
--
-- Needs:   ${seals} $dataset
-- Expects: `seals` are the digests of said_of_datasets.
INSERT INTO etl.seal (owner, owner_id, relation, records, digest)
SELECT owner, owner_id, relation, records, digest
FROM ${seals}
WHERE owner_id = $dataset
ON CONFLICT (owner, owner_id, relation) DO UPDATE SET records = excluded.records, digest = excluded.digest;

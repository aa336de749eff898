-- seal_load: keep the seals of a load.
--
-- Needs:   ${seals}
-- Expects: all rows of the load are in the ledger; `seals` are the digests of said_of_loads, with its values.
INSERT INTO etl.seal (owner, owner_id, relation, records, digest)
SELECT owner, owner_id, relation, records, digest
FROM ${seals};

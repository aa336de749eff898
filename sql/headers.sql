-- headers: the headers of the loaded versions, by the rank of the first version that has each.
--
-- Needs:
-- Expects: temp table `scope`.
SELECT staging, header, spelling, min(rank) AS rank
FROM temp.scope
WHERE state <> 'left' AND staging <> ''
GROUP BY staging, header, spelling
ORDER BY min(rank);

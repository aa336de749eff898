-- updates: in which columns the updated rows differ from what the target had, and the first of them as samples.
--
-- Needs:   ${columns} ${changed} $samples
-- Expects: `columns` is a list of structs of a column's place, how many rows differ in it and the first $samples.
SELECT found.place, found.records, found.samples
FROM (
    SELECT unnest(${columns}) AS found
    FROM ${changed} AS changed
)
WHERE found.records > 0
ORDER BY found.place;

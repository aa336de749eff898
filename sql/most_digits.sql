-- most_digits: the most digits before and after the point of the numbers in one column of one staged file.
--
-- Needs:   ${staging} ${cell}
-- Expects: the staging table holds this file alone, and the column numbers and NULL alone. A row of a negative version
--          keeps the place of a reject.
SELECT max(etl_integer_digits(${cell})) AS integer_digits, max(etl_scale(${cell})) AS scale
FROM ${staging} AS s
WHERE s._version > 0 AND ${cell} IS NOT NULL;

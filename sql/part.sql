-- part: the rows of some versions out of staging, in their order, as a Parquet file.
--
-- Needs:   ${staging} ${versions} ${destination}
-- Expects: a row of a negative version keeps the place of a record that could not be read.
COPY (
    SELECT *
    FROM ${staging} AS s
    WHERE abs(s._version) IN (${versions})
    ORDER BY s.rowid
) TO ${destination} (FORMAT parquet, COMPRESSION zstd);

-- stage_json: read files of JSON lines into their staging table, in one scan.
--
-- A cell is kept as its JSON text, its numbers as the file writes them; missing and null are NULL. A blank line is none.
--
-- Needs:   ${staging} ${cells} ${raws} ${paths} ${lines} ${marked} $first
-- Expects: version ids are consecutive in the list of files, the first is $first; every line is an object;
--          `marked` says whether a line has numbers whose digits must be kept.
INSERT INTO ${staging}
SELECT _version, ${cells}
FROM (
    SELECT _version, marked, ${raws}
    FROM (
        SELECT
            CAST($first + file_index AS INTEGER) AS _version,
            ${marked} AS marked,
            json_extract(CASE WHEN ${marked} THEN etl_json_mark(line) ELSE line END, [${paths}]) AS v
        FROM ${lines}
        WHERE line IS NOT NULL
    )
);

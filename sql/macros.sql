-- macros: what a cell is, as named expressions that the other statements use.
--
-- Needs:
-- Expects: nothing; made once a connection, temporary.

-- A line end is LF, CRLF or a lone CR; here each becomes one LF.
CREATE OR REPLACE TEMP MACRO etl_lines(c) AS
    replace(replace(c, chr(13) || chr(10), chr(10)), chr(13), chr(10));

-- Whether a cell holds a line feed.
CREATE OR REPLACE TEMP MACRO etl_has_line_feed(c) AS
    contains(c, chr(10));

-- Whether a cell holds a line end.
CREATE OR REPLACE TEMP MACRO etl_has_line_end(c) AS
    contains(c, chr(10)) OR contains(c, chr(13));

-- How many line ends a cell holds.
CREATE OR REPLACE TEMP MACRO etl_line_ends(c) AS
    CASE
        WHEN contains(c, chr(10)) OR contains(c, chr(13))
        THEN strlen(etl_lines(c)) - strlen(replace(etl_lines(c), chr(10), ''))
        ELSE 0
    END;

-- How many of its lines are blank: line ends that follow a line end.
CREATE OR REPLACE TEMP MACRO etl_blank_lines(c) AS
    CASE
        WHEN contains(c, chr(10)) OR contains(c, chr(13))
        THEN strlen(etl_lines(c)) - strlen(regexp_replace(etl_lines(c), '\n+', chr(10), 'g'))
        ELSE 0
    END;

-- White space around a cell: space, tab, LF, VT, FF, CR, NBSP. Only a cell that ends in it pays for trim().
CREATE OR REPLACE TEMP MACRO etl_trim(c) AS
    CASE
        WHEN c = '' THEN c
        WHEN c < '!' OR starts_with(c, chr(160)) OR suffix(c, ' ') OR suffix(c, chr(160)) OR suffix(c, chr(9))
            OR suffix(c, chr(10)) OR suffix(c, chr(11)) OR suffix(c, chr(12)) OR suffix(c, chr(13))
        THEN nullif(trim(c, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(160)), '')
        ELSE c
    END;

-- The digits of a number without leading and trailing zeros.
CREATE OR REPLACE TEMP MACRO etl_significant_digits(c) AS
    strlen(trim(replace(ltrim(c, '-'), '.', ''), '0'));

-- The digits before the point, without leading zeros.
CREATE OR REPLACE TEMP MACRO etl_integer_digits(c) AS
    CASE
        WHEN contains(c, '.') THEN strlen(ltrim(split_part(c, '.', 1), '-0'))
        WHEN c = '0' THEN 0
        WHEN c < '0' THEN strlen(c) - 1
        ELSE strlen(c)
    END;

-- The digits after the point, without trailing zeros.
CREATE OR REPLACE TEMP MACRO etl_scale(c) AS
    CASE WHEN contains(c, '.') THEN strlen(rtrim(split_part(c, '.', 2), '0')) ELSE 0 END;

-- 256 for a number that a DOUBLE would not give back: past 15 significant digits, or far from its range.
CREATE OR REPLACE TEMP MACRO etl_wide(c) AS
    CASE
        WHEN strlen(c) <= 15 THEN 0
        WHEN etl_significant_digits(c) > 15 OR etl_integer_digits(c) > 300 OR etl_scale(c) > 300 THEN 256
        ELSE 0
    END;

-- Three kinds that a cell shows by itself, untrimmed: cheap tests, tried first on the columns that look like them.
CREATE OR REPLACE TEMP MACRO etl_is_bigint(c) AS
    CAST(try_cast(c AS BIGINT) AS VARCHAR) = c AND strlen(c) <= 15;

CREATE OR REPLACE TEMP MACRO etl_is_date(c) AS
    strlen(c) = 10 AND CAST(try_cast(c AS DATE) AS VARCHAR) = c;

CREATE OR REPLACE TEMP MACRO etl_is_fraction(c) AS
    strlen(c) <= 15 AND regexp_full_match(c, '(0|-?[1-9][0-9]*)\.[0-9]+');

-- Whether a DOUBLE is a number that a FLOAT has too; one that is NULL is none.
CREATE OR REPLACE TEMP MACRO etl_is_float(x) AS
    coalesce(CAST(TRY_CAST(x AS FLOAT) AS DOUBLE) = x, false);

-- A FLOAT or DOUBLE as the text of a number: a whole one exactly, any other by the fewest digits that give it back.
CREATE OR REPLACE TEMP MACRO etl_float_text(x) AS
    CASE
        WHEN x = trunc(x) AND abs(x) < 1e38 THEN CAST(TRY_CAST(x AS HUGEINT) AS VARCHAR)
        WHEN contains(CAST(x AS VARCHAR), 'e-')
        THEN CASE WHEN x < 0 THEN '-0.' ELSE '0.' END
            || repeat('0', TRY_CAST(split_part(CAST(x AS VARCHAR), 'e-', 2) AS BIGINT) - 1)
            || replace(ltrim(split_part(CAST(x AS VARCHAR), 'e-', 1), '-'), '.', '')
        ELSE CAST(x AS VARCHAR)
    END;

-- The kind of a cell, one bit: 1, 2, 4 an integer of 64 bits, of 128 bits, beyond; 8 a fraction; 16 a boolean;
-- 32 a date; 64 a timestamp; 128 anything else. With 256 beside 1, 2, 4 and 8; with 1024 beside 8 for -0.0.
CREATE OR REPLACE TEMP MACRO etl_kind(c) AS
    CASE
        WHEN c IS NULL THEN 0
        WHEN CAST(try_cast(c AS BIGINT) AS VARCHAR) = c THEN 1 | etl_wide(c)
        WHEN etl_is_date(c) THEN 32
        WHEN regexp_full_match(c, '-?(0|[1-9][0-9]*)\.[0-9]+')
        THEN 8 | etl_wide(c) | CASE WHEN starts_with(c, '-') AND etl_significant_digits(c) = 0 THEN 1024 ELSE 0 END
        WHEN regexp_full_match(c, '-?[1-9][0-9]*')
        THEN CASE WHEN CAST(try_cast(c AS HUGEINT) AS VARCHAR) = c THEN 2 ELSE 4 END | etl_wide(c)
        WHEN regexp_full_match(
                c, '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?'
            )
            AND CAST(try_cast(c[:10] AS DATE) AS VARCHAR) = c[:10]
        THEN 64
        WHEN lower(c) = 'true' OR lower(c) = 'false' THEN 16
        ELSE 128
    END;

-- The kind of a cell beside 512 where the cell is not its raw text (trimmed, or a spelling of NULL).
CREATE OR REPLACE TEMP MACRO etl_cell_kind(raw, c) AS
    CASE WHEN raw IS DISTINCT FROM c THEN 512 ELSE 0 END | etl_kind(c);

-- Whether a line of JSON has a number that DuckDB's JSON functions may write otherwise: long, with an exponent,
-- with zeros at its end, below 0.000001 (written with an exponent), or -0.
CREATE OR REPLACE TEMP MACRO etl_json_marked(line) AS
    regexp_matches(line, '[:,\[]\s*(?:-?(?:[0-9.]{16}|[0-9.]+[eE]|[0-9]+\.[0-9]+0[^0-9]|0\.000000)|-0[^.])');

-- A text of brackets without what opens and closes at once.
CREATE OR REPLACE TEMP MACRO etl_unclosed(b) AS
    regexp_replace(regexp_replace(b, '\[\]|\{\}', '', 'g'), '\[\]|\{\}', '', 'g');

-- Whether a line of JSON may be nested deeper than 256: it has so many brackets at all, and after eight rounds of taking
-- pairs away so many are left that 248 may stand in one another.
CREATE OR REPLACE TEMP MACRO etl_json_deep(line) AS
    CASE
        WHEN strlen(line) <= 512 THEN false
        WHEN strlen(line) - strlen(translate(line, '[{', '')) <= 256 THEN false
        ELSE strlen(etl_unclosed(etl_unclosed(etl_unclosed(etl_unclosed(
            regexp_replace(regexp_replace(line, '"(?:[^"\\]|\\.)*"', '', 'g'), '[^\[\]{}]+', '', 'g')
        ))))) > 496
    END;

-- 2 for a line that may be no JSON by the letter, though DuckDB takes it (a trailing comma, NaN, Infinity), that may be
-- nested too deeply, or that holds the mark of exact numbers; 1 for one that may have such numbers; else 0. One pattern
-- settles most lines.
CREATE OR REPLACE TEMP MACRO etl_json_flag(line) AS
    CASE
        WHEN etl_json_deep(line) THEN 2
        WHEN NOT regexp_matches(
            line,
            '[:,\[]\s*(?:-?(?:[0-9.]{16}|[0-9.]+[eE]|[0-9]+\.[0-9]+0[^0-9]|0\.000000|[nN][aA][nN]|[iI][nN][fF])|-0[^.])|,\s*[\]}]|\\u0001'
        ) THEN 0
        WHEN regexp_matches(
            line,
            '[:,\[]\s*-?(?:[nN][aA][nN]|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?)\s*[,\]}]|,\s*[\]}]|\\u0001'
        ) THEN 2
        ELSE 1
    END;

-- The line with every number as a string that begins with U+0001, so that its digits stay; the end is matched as well.
CREATE OR REPLACE TEMP MACRO etl_json_mark(line) AS
    regexp_replace(
        regexp_replace(line, '((?:"(?:[^"\\]|\\.)*"|[^"0-9-])*)(-?[0-9][0-9.eE+-]*|$)', '\1"\\u0001\2"', 'g'),
        '"\\u0001"$', ''
    );

-- What a told cell says: a string of JSON without its quotes, anything else as it stands.
CREATE OR REPLACE TEMP MACRO etl_told(c) AS
    CASE
        WHEN NOT starts_with(c, '"') THEN c
        WHEN contains(c, '\') THEN json_extract_string(c, '$')
        ELSE c[2:-2]
    END;

-- A cell as it stands in a record of CSV: quoted where it holds what would end it; NULL is empty, an empty text is "".
CREATE OR REPLACE TEMP MACRO etl_csv_cell(c) AS
    CASE
        WHEN c IS NULL THEN ''
        WHEN c = '' OR contains(c, ',') OR contains(c, '"') OR contains(c, chr(10)) OR contains(c, chr(13))
        THEN '"' || replace(c, '"', '""') || '"'
        ELSE c
    END;

-- 2147483648 for an object or array that holds NaN or an infinity outside its strings.
CREATE OR REPLACE TEMP MACRO etl_told_not_finite(raw) AS
    CASE
        WHEN regexp_matches(regexp_replace(raw, '"(?:[^"\\]|\\.)*"', '', 'g'), 'NaN|Infinity') THEN 2147483648
        ELSE 0
    END;

-- A JSON text out of a line, its marked numbers written out; null is NULL.
CREATE OR REPLACE TEMP MACRO etl_json_cell(v, marked) AS
    CASE
        WHEN v = 'null' THEN NULL
        WHEN marked THEN regexp_replace(v, '"\\u0001([^"]*)"', '\1', 'g')
        ELSE v
    END;

-- The kind of a told cell: 2048 a string, 4096 an object or array, else that of a cell; 512 where it says not its raw text.
CREATE OR REPLACE TEMP MACRO etl_told_kind(raw, c) AS
    CASE
        WHEN c IS NULL THEN CASE WHEN raw IS NULL THEN 0 ELSE 512 END
        WHEN starts_with(raw, '"') THEN 2560
        WHEN starts_with(raw, '{') OR starts_with(raw, '[')
        THEN CASE WHEN contains(raw, 'NaN') OR contains(raw, 'Infinity') THEN etl_told_not_finite(raw) ELSE 0 END | 4096
        ELSE etl_kind(c)
    END;

-- Whether a text is JSON: DuckDB also takes a comma before a bracket for it, and NaN and infinities in any case. These
-- may stand as DuckDB writes them, since etl_json_finite knows them so.
CREATE OR REPLACE TEMP MACRO etl_json_taken(c) AS
    CASE
        WHEN NOT json_valid(c) THEN false
        WHEN NOT regexp_matches(c, '(?i)nan|inf|,\s*[\]}]') THEN true
        ELSE NOT regexp_matches(regexp_replace(c, '"(?:[^"\\]|\\.)*"|NaN|Infinity', '0', 'g'), '(?i)nan|inf|,\s*[\]}]')
    END;

-- Whether a JSON text stays what it is where DuckDB writes it into another.
CREATE OR REPLACE TEMP MACRO etl_json_nests(c) AS
    etl_json_taken(c) AND (
        NOT etl_json_marked('[' || c || ']')
        OR NOT etl_json_marked('[' || regexp_replace(c, '"(?:[^"\\]|\\.)*"', '""', 'g') || ']')
    );

-- Whether a JSON text below so many levels makes more than 256: each round takes its innermost level away.
CREATE OR REPLACE TEMP MACRO etl_json_too_deep(c, above) AS
    CASE
        WHEN strlen(c) <= 2 * (256 - above) THEN false
        WHEN NOT etl_json_deep(repeat('[', above) || c || repeat(']', above)) THEN false
        WHEN NOT json_valid(c) THEN false
        ELSE list_reduce(
            list_prepend(
                regexp_replace(regexp_replace(c, '"(?:[^"\\]|\\.)*"', '', 'g'), '[^\[\]{}]+', '', 'g'),
                list_transform(range(256 - above), LAMBDA i: '')
            ),
            LAMBDA b, i: regexp_replace(b, '\[\]|\{\}', '', 'g')
        ) <> ''
    END;

-- A JSON text as a told cell: null is NULL, white space around it goes, and so do its line ends, which stand in no
-- string; what is no JSON is a string.
CREATE OR REPLACE TEMP MACRO etl_json_told(c) AS
    CASE
        WHEN trim(CAST(c AS VARCHAR), ' ' || chr(9) || chr(10) || chr(13)) = 'null' THEN NULL
        WHEN etl_json_taken(CAST(c AS VARCHAR))
        THEN CAST(trim(replace(replace(CAST(c AS VARCHAR), chr(10), ''), chr(13), ''), ' ' || chr(9)) AS JSON)
        ELSE to_json(CAST(c AS VARCHAR))
    END;

-- An object or array without NaN and the infinities, which JSON does not have: they become null.
CREATE OR REPLACE TEMP MACRO etl_json_finite(c) AS
    CASE
        WHEN contains(c, 'NaN') OR contains(c, 'Infinity')
        THEN regexp_replace(
            regexp_replace(c, '((?:"(?:[^"\\]|\\.)*"|[^"NI-]|-[^I])*)(-?NaN|-?Infinity|$)', '\1null', 'g'), 'null$', ''
        )
        ELSE c
    END;

-- Of the twelve bytes of an INT96 its nanoseconds of the day, and its day since 1970; the lowest byte stands first.
CREATE OR REPLACE TEMP MACRO etl_int96_nanoseconds(b) AS
    CAST('0x' || hex(b)[15:16] || hex(b)[13:14] || hex(b)[11:12] || hex(b)[9:10] || hex(b)[7:8] || hex(b)[5:6]
        || hex(b)[3:4] || hex(b)[1:2] AS BIGINT);

CREATE OR REPLACE TEMP MACRO etl_int96_day(b) AS
    CAST('0x' || hex(b)[23:24] || hex(b)[21:22] || hex(b)[19:20] || hex(b)[17:18] AS BIGINT) - 2440588;

-- One step from base 2^28 to base 10^28: three limbs times 2^28, and one more.
CREATE OR REPLACE TEMP MACRO etl_limbs(a, x) AS [
    (a[1] * 268435456 + x) % 10000000000000000000000000000,
    (a[2] * 268435456 + (a[1] * 268435456 + x) // 10000000000000000000000000000) % 10000000000000000000000000000,
    a[3] * 268435456 + (a[2] * 268435456 + (a[1] * 268435456 + x) // 10000000000000000000000000000)
        // 10000000000000000000000000000
];

-- The digits of a number of up to 70 hexadecimal digits, with one added to it (0 or 1).
CREATE OR REPLACE TEMP MACRO etl_hex_digits(h, more) AS
    list_transform(
        [list_reduce(
            [[CAST(CAST('0x' || lpad(h, 70, '0')[i * 7 + 1:i * 7 + 7] AS BIGINT) AS HUGEINT)
                + CASE WHEN i = 9 THEN more ELSE 0 END] FOR i IN range(10)],
            LAMBDA a, x: etl_limbs(a, x[1]),
            [CAST(0 AS HUGEINT), CAST(0 AS HUGEINT), CAST(0 AS HUGEINT)]
        )],
        LAMBDA a: ltrim(CAST(a[3] AS VARCHAR) || lpad(CAST(a[2] AS VARCHAR), 28, '0')
            || lpad(CAST(a[1] AS VARCHAR), 28, '0'), '0')
    )[1];

-- A number as the text of a fraction, from its digits and scale.
CREATE OR REPLACE TEMP MACRO etl_scaled(digits, scale) AS
    CASE
        WHEN scale = 0 THEN CASE WHEN digits = '' THEN '0' ELSE digits END
        WHEN strlen(digits) > scale THEN left(digits, strlen(digits) - scale) || '.' || right(digits, scale)
        ELSE '0.' || repeat('0', scale - strlen(digits)) || digits
    END;

-- The big-endian bytes of a decimal past 38 digits as its text.
CREATE OR REPLACE TEMP MACRO etl_wide_decimal(b, scale) AS
    CASE
        WHEN b IS NULL THEN NULL
        WHEN hex(b) >= '8'
        THEN '-' || etl_scaled(etl_hex_digits(translate(hex(b), '0123456789ABCDEF', 'FEDCBA9876543210'), 1), scale)
        ELSE etl_scaled(etl_hex_digits(hex(b), 0), scale)
    END;

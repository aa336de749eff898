-- macros: what a cell is, as named expressions that the other statements use.
--
-- Needs:
-- Expects: nothing; made once a connection, temporary.

-- A line end is LF, CRLF or a lone CR; here each becomes one LF.
CREATE OR REPLACE TEMP MACRO etl_lines(c) AS
    replace(replace(c, chr(13) || chr(10), chr(10)), chr(13), chr(10));

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

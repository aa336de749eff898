-- format_trials: moments that a format of DuckDB writes and does not read back as they were; the first of them.
--
-- The trials are every day of 14 years, leap years and a new century among them, each at another time of day, so that
-- every two of hour, minute and second come together with and without a digit in front. Of the time of a day those parts
-- are held that the format says at all: one that says no seconds need not give them back.
--
-- Needs:   $format $dates $times
-- Expects: `dates` is whether the day must come back; `times` whether the hour must, though the format leaves it out.
WITH said AS (
    SELECT
        $times OR strftime(t, $format) <> strftime(t + INTERVAL 1 HOUR, $format) AS hours,
        strftime(t, $format) <> strftime(t + INTERVAL 1 MINUTE, $format) AS minutes,
        strftime(t, $format) <> strftime(t + INTERVAL 1 SECOND, $format) AS seconds,
        strftime(t, $format) <> strftime(t + INTERVAL 1 MILLISECOND, $format) AS milliseconds,
        strftime(t, $format) <> strftime(t + INTERVAL 1 MICROSECOND, $format) AS microseconds
    FROM (SELECT TIMESTAMP '2003-04-15 10:17:18.123456' AS t)
),
trial AS (
    SELECT TIMESTAMP '1999-01-01' + to_days(CAST(n AS INTEGER)) + to_hours(n * 7 % 24) + to_minutes(n * 11 % 60)
        + to_seconds(n * 13 % 60) + to_microseconds(n * 100003 % 1000000) AS given
    FROM range(5114) AS r (n)
),
written AS (
    SELECT given, strftime(given, $format) AS text
    FROM trial
),
read_back AS (
    SELECT given, text, try_strptime(text, $format) AS back
    FROM written
)
SELECT given, text, back, $dates AND CAST(back AS DATE) <> CAST(given AS DATE) AS other_day
FROM read_back, said
WHERE back IS NULL
    OR strftime(back, $format) <> text
    OR ($dates AND CAST(back AS DATE) <> CAST(given AS DATE))
    OR (hours AND hour(back) <> hour(given))
    OR (minutes AND minute(back) <> minute(given))
    OR (seconds AND second(back) <> second(given))
    OR (milliseconds AND millisecond(back) <> millisecond(given))
    OR (microseconds AND microsecond(back) <> microsecond(given))
ORDER BY given
LIMIT 1;

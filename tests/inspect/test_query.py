"""What `query` answers, and that nothing else can be had through it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import etl
from etl.inspect import answer, query

WAREHOUSE = Path("out/t.duckdb")
ROOT = Path(__file__).parents[2]
SECRET = "the-secret-word"  # noqa: S105  a word to look for


@pytest.fixture
def loaded(place: Path) -> Path:
    """A warehouse with the table `people`."""
    (place / "in/a.csv").write_text("id,name,born,pay\n1,Ada,1815-12-10,1.5\n2,Grace,1906-12-09,2\n3,,,\n")
    etl.run(etl.Dataset(source_dir="in", output="out/t.json", table="people", strategy="update", key=("id",)))
    return place


pytestmark = pytest.mark.usefixtures("loaded")


def ask(sql: str) -> tuple[tuple[object, ...], ...]:
    """The rows of an answer."""
    return query(WAREHOUSE, sql, 1).rows


def refusal(sql: str) -> str:
    """Why a query is refused."""
    with pytest.raises(etl.QueryRefused) as refused:
        query(WAREHOUSE, sql, 1)
    return str(refused.value)


def test_a_select_is_answered_with_typed_values() -> None:
    """Headings are the query's, in its order, doubled ones too; values keep their types and NULL is None."""
    found = query(WAREHOUSE, "SELECT id, name, born, pay, 1.50 AS id FROM people ORDER BY people.id DESC;  -- all", 1)
    assert found.headings == ("id", "name", "born", "pay", "id")
    assert found.rows[0] == (3, None, None, None, Decimal("1.50"))
    assert found.rows[2] == (1, "Ada", date(1815, 12, 10), 1.5, Decimal("1.50"))
    assert (found.title, found.notes) == ("", ())


def test_no_row_is_said() -> None:
    """An answer without a row has its headings and a note."""
    found = query(WAREHOUSE, "SELECT id FROM people WHERE id > 9", 1)
    assert (found.headings, found.rows, found.notes) == (("id",), (), ("No rows.",))


@pytest.mark.parametrize(("sql", "first"), [
    ("WITH x AS (SELECT id FROM people) SELECT max(id) FROM x", (3,)),
    ("(SELECT 1)", (1,)),
    ("FROM people SELECT count(*)", (3,)),
    ("TABLE people LIMIT 1", None),
    ("VALUES (1), (2)", (1,)),
    ("DESCRIBE people", ("id", "BIGINT", "NO", "PRI", None, None)),
    ("SUMMARIZE people", None),
    ("SHOW TABLES", ("people",)),
    ("SHOW ALL TABLES", None),
    ("SHOW DATABASES", None),
    ("SELECT count(*) FROM etl.load", (1,)),
    ("SELECT sum(range) FROM range(4)", (6,)),
    ("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'", ("people",)),
    ("SELECT count(*) FROM query_table('people')", (3,)),
    ("SELECT * FROM json_each('[1]')", None),
    ("PIVOT people ON name IN ('Ada', 'Grace') USING count(*) GROUP BY id", None),
    ("UNPIVOT (SELECT id, name, name AS other FROM people) ON name, other", None),
    ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT max(n) FROM r", (9,)),
    ("SELECT 'COPY people TO ''x''; DROP TABLE people'", ("COPY people TO 'x'; DROP TABLE people",)),
])
def test_what_is_a_select_by_another_word_is_answered(sql: str, first: tuple[object, ...] | None) -> None:
    """Every way to write one question, and the functions that only look."""
    rows = ask(sql)
    assert rows
    assert first is None or rows[0] == first


def test_values_that_python_would_round_are_spelt_out() -> None:
    """A year is no 360 days, and a nanosecond is kept; the rest of the row stays typed and in order."""
    sql = ("SELECT id, INTERVAL 14 MONTHS, TIMESTAMP_NS '2024-01-01 00:00:00.123456789', id AS id "
           "FROM people ORDER BY id DESC LIMIT 1")
    assert ask(sql) == ((3, "1 year 2 months", "2024-01-01 00:00:00.123456789", 3),)
    assert ask("SELECT [INTERVAL 1 YEAR]") == (("[1 year]",),)
    assert timedelta(days=360) not in ask("SELECT age(DATE '2024-01-01')")[0]


# To read a file or write one, reach the network, change a setting or the warehouse, or end the process.
ATTACKS = """
COPY people TO '{place}/stolen.csv'
COPY (SELECT 1) TO '{place}/stolen.json' (FORMAT json)
COPY people FROM '{place}/secret.csv'
COPY FROM DATABASE warehouse TO memory
EXPORT DATABASE '{place}/stolen'
IMPORT DATABASE '{place}'
ATTACH '{place}/new.duckdb'
ATTACH '{place}/out/t.duckdb' AS again
DETACH warehouse
USE memory
SELECT * FROM read_csv('{place}/secret.csv')
SELECT * FROM read_csv_auto('{place}/secret.csv')
SELECT * FROM READ_TEXT('{place}/secret.csv')
SELECT * FROM "read_text"('{place}/secret.csv')
SELECT * FROM main.read_text('{place}/secret.csv')
SELECT * FROM system.main.read_text('{place}/secret.csv')
SELECT * FROM read_blob('{place}/secret.csv')
SELECT * FROM read_blob('{place}/out/t.duckdb')
SELECT * FROM read_text('{place}/out/t.duckdb.tmp/../secret.csv')
SELECT * FROM read_json('{place}/secret.csv')
SELECT * FROM read_ndjson_objects('{place}/secret.csv')
SELECT * FROM read_parquet('{place}/secret.csv')
SELECT * FROM parquet_metadata('{place}/secret.csv')
SELECT * FROM parquet_file_metadata('{place}/secret.csv')
SELECT * FROM read_duckdb('{place}/out/t.duckdb', table_name = 'people')
SELECT * FROM sniff_csv('{place}/secret.csv')
SELECT * FROM glob('/etc/*')
SELECT * FROM glob('{place}/*')
SELECT * FROM '{place}/secret.csv'
FROM '{place}/secret.csv'
FROM 'secret.csv'
FROM "secret.csv"
TABLE 'secret.csv'
DESCRIBE '{place}/secret.csv'
SUMMARIZE '{place}/secret.csv'
SUMMARIZE FROM read_csv('{place}/secret.csv')
DESCRIBE SELECT * FROM read_csv('{place}/secret.csv')
SELECT (SELECT content FROM read_text('{place}/secret.csv'))
SELECT * FROM people WHERE name IN (SELECT content FROM read_text('{place}/secret.csv'))
SELECT * FROM people, LATERAL (SELECT * FROM glob('*')) AS g
WITH x AS (FROM read_text('{place}/secret.csv')) SELECT * FROM x
WITH x AS MATERIALIZED (SELECT * FROM 'secret.csv') SELECT * FROM x
SELECT 1 UNION ALL SELECT length(content) FROM read_text('{place}/secret.csv')
VALUES ((SELECT content FROM read_text('{place}/secret.csv')))
PIVOT (FROM read_csv('{place}/secret.csv')) ON 1 IN (1) USING count(*)
SELECT * FROM query('SELECT * FROM read_text(''{place}/secret.csv'')')
SELECT * FROM query('COPY people TO ''{place}/stolen.csv''')
SELECT * FROM query_table('{place}/secret.csv')
SELECT * FROM query_table(['secret.csv'])
SELECT * FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{place}/secret.csv'')'))
PRAGMA json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{place}/secret.csv'')'))
SELECT getenv('SECRET')
SELECT * FROM read_text('/proc/self/environ')
SELECT * FROM read_csv('/dev/stdin')
SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')
FROM 's3://bucket/x.parquet'
INSTALL httpfs
FORCE INSTALL httpfs FROM 'http://127.0.0.1:9'
LOAD httpfs
LOAD '{place}/secret.csv'
UPDATE EXTENSIONS
CREATE SECRET (TYPE s3)
CREATE PERSISTENT SECRET x (TYPE http)
FROM duckdb_secrets()
SELECT * FROM which_secret('s3://x', 's3')
SET threads = 1
SET enable_external_access = true
SET GLOBAL lock_configuration = false
RESET enable_external_access
SET VARIABLE x = (SELECT content FROM read_text('{place}/secret.csv'))
PRAGMA threads = 1
PRAGMA enable_profiling
PRAGMA database_list
PRAGMA table_info('people')
PRAGMA copy_database('warehouse', 'memory')
PRAGMA import_database('{place}')
CALL enable_logging()
CALL pragma_version()
SELECT * FROM enable_logging(storage = 'file', storage_path = '{place}/logs', level = 'trace')
SELECT * FROM enable_logging(storage = 'stdout')
SELECT * FROM disable_logging()
SELECT * FROM truncate_duckdb_logs()
SELECT * FROM enable_profiling(format = 'json', save_location = '{place}/out/t.duckdb.tmp/x.json')
SELECT * FROM enable_profiling(save_location = '{place}/x.txt') UNION ALL SELECT true
SELECT * FROM disable_profiling()
SELECT * FROM checkpoint()
SELECT * FROM force_checkpoint('warehouse')
SELECT * FROM pandas_scan(NULL)
SELECT * FROM arrow_scan(NULL, NULL, NULL)
SELECT * FROM arrow_scan_dumb(NULL, NULL, NULL)
SELECT * FROM python_map_function(NULL, NULL, NULL)
SELECT * FROM seq_scan()
CHECKPOINT
FORCE CHECKPOINT warehouse
VACUUM
ANALYZE
INSERT INTO people VALUES (9)
INSERT INTO people (id) SELECT 9 RETURNING *
UPDATE people SET name = 'x'
DELETE FROM people
TRUNCATE people
MERGE INTO people USING people AS s ON false WHEN MATCHED THEN DELETE
WITH x AS (INSERT INTO people (id) VALUES (9) RETURNING *) SELECT * FROM x
WITH x AS (DELETE FROM people RETURNING *) SELECT * FROM x
WITH x AS (SELECT 1) INSERT INTO people (id) SELECT * FROM x
SELECT * INTO copied FROM people
CREATE TABLE x (a INTEGER)
CREATE TEMP TABLE x AS SELECT 1
CREATE VIEW x AS SELECT * FROM read_text('{place}/secret.csv')
CREATE MACRO x() AS TABLE SELECT * FROM read_text('{place}/secret.csv')
CREATE SCHEMA x
DROP TABLE people
ALTER TABLE people ADD COLUMN x INTEGER
COMMENT ON TABLE people IS 'x'
SELECT nextval('x')
BEGIN
COMMIT
ROLLBACK
PREPARE x AS SELECT 1
EXECUTE x
DEALLOCATE x
EXPLAIN SELECT 1
EXPLAIN ANALYZE COPY people TO '{place}/stolen.csv'
EXPLAIN ANALYZE DELETE FROM people
SELECT 1; SELECT 2
SELECT 1; DROP TABLE people
DROP TABLE people; SELECT 1
SELECT 1; COPY people TO '{place}/stolen.csv'; SELECT 2
/* SELECT */ COPY people TO '{place}/stolen.csv'
-- SELECT 1\nDELETE FROM people
SELECT 1 /* ; */ ; DELETE FROM people --
PIVOT people ON name
WITH x AS (PIVOT people ON name) SELECT * FROM x
SELECT $1
SELECT ?
SELECT * FROM people WHERE id = $id
.shell ls
.read {place}/secret.csv
;
--
""".strip().splitlines()


@pytest.mark.slow
def test_nothing_but_the_warehouse_can_be_reached(loaded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every attack is refused with a sentence; no file is read, written or made, and the process lives on."""
    (loaded / "secret.csv").write_text(f"word\n{SECRET}\n")
    (loaded / "home").mkdir()
    monkeypatch.setenv("HOME", str(loaded / "home"))
    monkeypatch.setenv("SECRET", SECRET)
    before = standing(loaded)
    for attack in ATTACKS:
        sql = attack.replace("{place}", str(loaded)).replace("\\n", "\n")
        message = refusal(sql)
        assert message, sql
        assert SECRET not in message.replace(sql, ""), sql
        assert standing(loaded) == before, sql
    assert ask("SELECT count(*) FROM people") == ((3,),)


def standing(folder: Path) -> dict[str, bytes | None]:
    """Every file below a folder with its bytes, and every folder."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_the_locks_hold_without_the_list_of_functions(loaded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every function open, files are still closed: one lock does not rest on another."""
    class Every:
        def __contains__(self, _name: object) -> bool:
            return True

    monkeypatch.setattr(answer, "OPEN", Every())
    (loaded / "secret.csv").write_text(SECRET)
    before = standing(loaded)
    for function in ("read_text", "read_csv", "read_blob", "glob", "sniff_csv", "parquet_metadata", "read_json"):
        message = refusal(f"SELECT * FROM {function}('{loaded}/secret.csv')")
        assert "disabled by configuration" in message, function
        assert "answered from the warehouse alone" in message, function
    assert standing(loaded) == before


@pytest.mark.parametrize(("sql", "said"), [
    ("", "The query is empty. Give one SELECT."),
    (" -- nothing\n;", "The query is empty. Give one SELECT."),
    ("SELECT 1\0; DROP TABLE people", (
        "The query has a NUL character, or bytes that are not UTF-8. Write it as plain text.")),
    ("SELECT '\udcff'", "The query has a NUL character, or bytes that are not UTF-8. Write it as plain text."),
    ("SELECT 1; SELECT 2", "These are 2 statements. Ask one SELECT at a time; nothing was done."),
    ("DROP TABLE people", (
        "Only one SELECT is answered (WITH, FROM, VALUES, DESCRIBE, SUMMARIZE and SHOW are SELECTs too), and this is "
        "something else. Nothing was done.")),
    ("PIVOT people ON name", (
        "A PIVOT is one SELECT only where its values are named, as in PIVOT t ON c IN ('a', 'b') USING count(*). "
        "Nothing was done.")),
    ("SELECT * FROM read_csv('x')", (
        "read_csv() is closed here: a query is answered from the warehouse alone, without files, network or "
        "settings.")),
    ("SELECT " + "[" * 900 + "1" + "]" * 900, "The query is nested too deeply. Write it with fewer parentheses."),
])
def test_a_refusal_says_what_to_do(sql: str, said: str) -> None:
    """What is refused before it runs is refused with one sentence."""
    assert refusal(sql) == said


def test_a_mistake_is_pointed_at() -> None:
    """DuckDB's message is kept, with the line and the caret below it; for a table, those that there are."""
    lines = refusal("SELECT 1,\n  nme\nFROM people").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("LINE 2:"))
    assert lines[at + 1].index("^") == lines[at].index("nme")
    lines = refusal("SELECT 1 +").splitlines()
    assert lines[0].startswith("Parser Error: syntax error")
    message = refusal("SELECT * FROM persons")
    assert "LINE 1: SELECT * FROM persons\n" in message
    assert message.endswith("The tables of this warehouse: people. `etl status` tells more.")


def test_an_answer_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before it fills the memory, with what to do."""
    monkeypatch.setattr(answer, "MOST_CELLS", 50_000)
    message = refusal("SELECT range, range FROM range(100000000000)")
    assert message == ("The answer has more than 20,000 rows, more than can be shown at once. Ask for less, with "
                       "LIMIT; `etl export` writes a whole table.")
    assert len(ask("SELECT * FROM range(50000)")) == 50_000


def test_a_query_that_needs_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence, without advice on settings that are closed."""
    monkeypatch.setattr(answer, "Settings", lambda **words: etl.Settings(memory_limit="20MB", **words))
    message = refusal("SELECT list(range) FROM range(100000000)")
    assert message == "The query needs more memory than the 20MB that it gets. Ask for less at a time."


@pytest.mark.slow
@pytest.mark.parametrize("sql", [
    "SELECT count(*) FROM range(10000000000) AS a, range(100000) AS b WHERE a.range + b.range = 3",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT * FROM r",
])
def test_an_endless_query_ends_with_ctrl_c(sql: str) -> None:
    """However busy DuckDB is, an interrupt ends the command at once, and not only once the query is through."""
    command = subprocess.Popen(
        [sys.executable, "-m", "etl", "sql", sql, "--warehouse", str(WAREHOUSE)],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    command.send_signal(signal.SIGINT)
    try:
        _, said = command.communicate(timeout=30)
    finally:
        command.kill()
    assert (command.returncode, said) == (130, "Interrupted: everything is as it was.\n")

"""Warehouses used for another purpose, made by another version, held by another process, or no warehouses at all."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

import etl
from trouble.home import Answer, Home

KEYED = ("--strategy", "update", "--key", "id")
KEPT = Path("kept.duckdb")
HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=len(sys.argv) > 2)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(warehouse: Path, *words: str) -> Iterator[int]:
    """Another process that holds a warehouse; gives its number."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(warehouse), *words], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield process.pid
        finally:
            process.communicate()


def accumulate(home: Home, *words: str, verb: str = "run") -> Answer:
    """Run or plan `t` in the warehouse that accumulates."""
    return home.etl(verb, "--source-dir", "in", "--warehouse", str(KEPT), "--table", "t", *KEYED, *words)


@pytest.fixture
def loaded(home: Home) -> Home:
    """A home where a fresh run has loaded one file."""
    home.put({"a.csv": "id,v\n1,x\n"})
    assert home.run(*KEYED).code == 0
    return home


def test_a_fresh_warehouse_does_not_accumulate(loaded: Home) -> None:
    """`--warehouse` on the warehouse of an output is refused: exit 2, both uses named, nothing changed."""
    before = loaded.standing()
    loaded.put({"b.csv": "id,v\n2,y\n"})
    for verb in ("plan", "run"):
        answer = loaded.etl(verb, "--source-dir", "in", "--warehouse", str(loaded.warehouse), "--table", "t", *KEYED)
        assert answer.code == 2
        assert "out/t.duckdb is the fresh one of an output and follows its folder" in answer.error
        assert "without --warehouse" in answer.error
        assert loaded.standing() == before


def test_an_accumulating_warehouse_is_not_fresh(home: Home) -> None:
    """A fresh run whose output stands beside an accumulating warehouse is refused: exit 2, nothing changed."""
    home.put({"a.csv": "id,v\n1,x\n"})
    assert accumulate(home).code == 0
    before = home.sql("SELECT * FROM w.main.t", KEPT)
    for verb in ("plan", "run"):
        answer = home.etl(verb, "--source-dir", "in", "--output", "kept.json", *KEYED)
        assert answer.code == 2
        assert "kept.duckdb is accumulating: load into it with --warehouse kept.duckdb" in answer.error
    assert home.sql("SELECT * FROM w.main.t", KEPT) == before
    assert not Path("kept.json").exists()


def test_a_failed_first_load_says_what_the_warehouse_is(home: Home) -> None:
    """The use is stored by a first load that failed, too."""
    home.put({"a.csv": "id,v\n1\n"})
    assert accumulate(home).code == 1
    assert home.etl("run", "--source-dir", "in", "--output", "kept.json").code == 2


@pytest.mark.parametrize("version", ["0099", "9999"])
def test_a_warehouse_of_a_newer_version_is_refused(loaded: Home, version: str) -> None:
    """Every command says that a newer version made it and what to do; nothing is changed."""
    with duckdb.connect(str(loaded.warehouse)) as connection:
        connection.execute("UPDATE etl.alembic_version SET version_num = ?", [version])
    before = loaded.warehouse.read_bytes()
    commands = [["status"], ["history"], ["rejects"], ["sql", "SELECT 1"], ["export", "t", "x.json"]]
    answers = [loaded.etl(*command, "--warehouse", str(loaded.warehouse)) for command in commands]
    for answer in [loaded.run(*KEYED), loaded.run(*KEYED, verb="plan"), *answers]:
        assert (answer.code, answer.output) == (1, b"")
        assert "made by a newer version of etl" in answer.error
        assert "Install the newer version" in answer.error
    assert loaded.warehouse.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"not a database", b"id,v\n1,x\n", b"\0" * 8192, b"SQLite format 3\0" * 300])
def test_a_file_that_is_no_database(home: Home, content: bytes) -> None:
    """Every command says that it is no DuckDB database and what to do; the file is as it was."""
    home.put({"a.csv": "id,v\n1,x\n"})
    KEPT.write_bytes(content)
    commands = [["status"], ["sql", "SELECT 1"]]
    answers = [home.etl(*command, "--warehouse", str(KEPT)) for command in commands]
    for answer in [accumulate(home), accumulate(home, verb="plan"), *answers]:
        assert answer.code == 1
        assert "kept.duckdb is not a DuckDB database. Name another file" in answer.error
        assert KEPT.read_bytes() == content


@pytest.fixture
def theirs(home: Home) -> Home:
    """A home with a database that has a table `t` and a view `seen`, none of etl's."""
    home.put({"a.csv": "id,v\n1,x\n"})
    with duckdb.connect(str(KEPT)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 42 AS theirs")
        connection.execute("CREATE VIEW seen AS SELECT 43 AS theirs")
    return home


def test_a_database_of_somebody_else_is_left_alone(theirs: Home) -> None:
    """A DuckDB file without tables of etl: looking says so, and neither that nor a plan changes a byte of it."""
    before = KEPT.read_bytes()
    answer = theirs.etl("status", "--warehouse", str(KEPT))
    assert (answer.code, "The database kept.duckdb holds no tables of etl" in answer.error) == (1, True)
    theirs.etl("plan", "--source-dir", "in", "--warehouse", str(KEPT), "--table", "ours")
    assert KEPT.read_bytes() == before


def test_a_run_lives_beside_tables_of_somebody_else(theirs: Home) -> None:
    """A run into such a file makes its own table; one that somebody else made is refused by name and never replaced."""
    answer = theirs.etl("run", "--source-dir", "in", "--warehouse", str(KEPT), "--table", "ours")
    assert answer.code == 0, answer.error
    for table in ("t", "seen", "T"):
        answer = theirs.etl("run", "--source-dir", "in", "--warehouse", str(KEPT), "--table", table)
        assert theirs.sql("SELECT * FROM w.main.t", KEPT) == [(42,)]
        assert answer.code in {1, 2}
        assert table.lower() in answer.error
        assert "inside etl" not in answer.error
    assert theirs.sql("SELECT * FROM w.main.ours", KEPT) == [(1, "x", 1, 1)]


def test_a_warehouse_that_is_not_there(home: Home) -> None:
    """Commands that look say that there is none and how to make one; no file is made."""
    for command in (["status"], ["history"], ["rejects"], ["sql", "SELECT 1"], ["export", "t", "x.json"]):
        answer = home.etl(*command, "--warehouse", "no/where.duckdb")
        assert answer.code == 1
        assert "There is no warehouse at no/where.duckdb. Load something first" in answer.error
    assert home.files() == frozenset()


@pytest.mark.parametrize("words", [(), ("read only",)])
def test_a_held_warehouse_says_who_holds_it(loaded: Home, words: tuple[str, ...]) -> None:
    """Another process holds it: the sentence names file, process and option; when it is free the run goes on."""
    before = loaded.standing()
    loaded.put({"b.csv": "id,v\n2,y\n"})
    with held(loaded.warehouse, *words) as number:
        for verb in ("run", "plan"):
            answer = loaded.run(*KEYED, "--lock-timeout", "0.2", verb=verb)
            assert answer.code == 1
            assert "out/t.duckdb is held by " in answer.error
            assert f"(process {number})" in answer.error
            assert "was not free within 0.2 s" in answer.error
            assert "--lock-timeout" in answer.error
        answer = loaded.etl("status", "--warehouse", str(loaded.warehouse), "--lock-timeout", "0")
        assert answer.code == (0 if words else 1)
    assert loaded.standing() == before
    assert loaded.run(*KEYED).code == 0


def test_a_run_waits_for_the_lock(loaded: Home) -> None:
    """A run that finds the warehouse held goes on as soon as it is free."""
    loaded.put({"b.csv": "id,v\n2,y\n"})
    holding = held(loaded.warehouse)
    holding.__enter__()
    timer = threading.Timer(0.5, holding.__exit__, (None, None, None))
    timer.start()
    answer = loaded.run(*KEYED, "--lock-timeout", "30")
    timer.join()
    assert answer.output == b"ETL complete: 2 records from 2 files\n"


def test_two_runs_in_one_process_do_not_share_a_warehouse(home: Home) -> None:
    """The lock holds between threads of one process as well: both runs end well, one after the other."""
    home.put({f"{at}.csv": f"id,v\n{at},x\n" for at in range(40)})
    failures: list[BaseException] = []

    def load(table: str) -> None:
        try:
            etl.run(etl.Dataset(source_dir="in", table=table), warehouse=KEPT, settings=etl.Settings(lock_timeout=30))
        except BaseException as error:  # noqa: BLE001  a thread has nobody to raise to
            failures.append(error)

    threads = [threading.Thread(target=load, args=(table,)) for table in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    counts = [home.sql(f"SELECT count(*) FROM w.{name}", KEPT)
              for name in ("main.one", "main.two", "main.three", "etl.load")]
    assert counts == [[(40,)], [(40,)], [(40,)], [(3,)]]


def test_gone_files_leave_fresh_and_stay_in_accumulating(home: Home) -> None:
    """A file that is gone leaves the target of a fresh run, by name, and stays in one that accumulates."""
    home.put({"a.csv": "id,v\n1,x\n", "b.csv": "id,v\n1,y\n2,y\n"})
    assert home.run(*KEYED).code == 0
    assert accumulate(home).code == 0
    Path("in/b.csv").unlink()
    plan = home.run(*KEYED, verb="plan")
    assert "1 gone" in plan.said
    answer = home.run(*KEYED)
    assert home.exported() == [{"id": 1, "v": "x"}]
    assert "b.csv" in answer.error
    answer = accumulate(home)
    assert answer.output == b"ETL complete: 2 records from 2 files\n"
    assert "Nothing new" in answer.error
    assert sorted(home.sql("SELECT id, v FROM w.main.t", KEPT)) == [(1, "y"), (2, "y")]


def test_a_root_that_moved(home: Home) -> None:
    """Another source folder for an accumulating dataset is refused, both named, until `--move-root` says so."""
    home.put({"one/a.csv": "id,v\n1,x\n", "two/a.csv": "id,v\n1,y\n"})
    words = ("run", "--warehouse", str(KEPT), "--table", "t", *KEYED, "--source-dir")
    assert home.etl(*words, "in/one").code == 0
    answer = home.etl(*words, "in/two")
    assert answer.code == 2
    assert all(piece in answer.error for piece in ("in/one", "in/two", "--move-root"))
    assert home.etl(*words, "in/two", "--move-root").code == 0
    assert home.sql("SELECT id, v FROM w.main.t", KEPT) == [(1, "y")]


def test_a_database_of_somebody_else_stays_as_it_is(home: Home) -> None:
    """Where it has a table of the target's name, a run and a plan say so, and not a byte of it changes."""
    home.put({"a.csv": "id,v\n1,x\n"})
    with duckdb.connect("theirs.db") as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    before = Path("theirs.db").read_bytes()
    for verb in ("plan", "run"):
        answer = home.etl(verb, "--source-dir", "in", "--table", "T", "--warehouse", "theirs.db")
        assert answer.code == 2, verb
        assert "has a table or view t that etl did not make" in answer.error
        assert Path("theirs.db").read_bytes() == before
    for words in (("unload", "t", "a.csv"), ("reload", "t", "a.csv"), ("rollback", "1"), ("prune",), ("status",)):
        answer = home.etl(*words, "--warehouse", "theirs.db")
        assert (answer.code, "theirs.db holds no tables of etl. Name another --warehouse" in answer.error) == (1, True)
        assert Path("theirs.db").read_bytes() == before, words

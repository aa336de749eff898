"""Faults in small: a few strikes on each command that writes, and what befalls files, outputs and warehouses.

The long form is `python -m tests.faults.long`.
"""

from __future__ import annotations

import json
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import duckdb
import pytest
from changes.conftest import Place
from laws.lives import drawn

from etl import Dataset, Settings, run
from etl.errors import ExportPending, LoadFailed, StorageError, WarehouseError, WarehouseLocked
from etl.load import bring
from etl.staging.stage import stage_all
from etl.warehouse import open_warehouse
from etl.warehouse.scratch import PREFIX, remove_left, scratch
from faults.bench import Bench, Zygote, fill_disk, kill, starve


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One for all cases."""
    started = Zygote()
    yield started
    started.close()


@pytest.mark.parametrize("name", ["delta", "unload", "rollback", "fresh"])
def test_a_command_that_is_struck_leaves_the_old_state_or_the_new_one(
    name: str, tmp_path: Path, zygote: Zygote
) -> None:
    """Killed, interrupted or without room, what stands is whole; the next run converges and leaves nothing about."""
    seed = drawn()
    rng, bench = Random(seed), Bench(tmp_path, name, zygote)  # noqa: S311  a fault is to be drawn again
    try:
        kill(bench, rng)
        if name in ("delta", "rollback"):
            kill(bench, rng, signal.SIGINT)
            starve(bench, rng)
        if name == "unload":
            kill(bench, rng, signal.SIGTERM)
            fill_disk(bench, rng)
    except AssertionError as error:
        error.add_note(f"seed {seed}")
        raise


def edited(*statements: str) -> None:
    """Change the warehouse by hand."""
    with duckdb.connect("out/w.duckdb") as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def loaded(place: Place) -> Place:
    """Two files, loaded."""
    place.put(a="id,x\n1,a\n2,b\n", b="id,x\n3,c\n")
    place.run(strategy="update", key=("id",))
    return place


@pytest.mark.parametrize("damage", [
    "DROP TABLE main.t", "DELETE FROM main.t WHERE id = 1", "ALTER TABLE main.t DROP COLUMN x",
    "INSERT INTO main.t VALUES (9, 'z', 1, 1)",
])
def test_a_target_that_was_changed_by_hand_is_rebuilt(loaded: Place, damage: str) -> None:
    """Its absence, its count or its columns show it; the run says so, and the plan did."""
    rows = loaded.rows()
    edited(damage)
    Path("out/t.json").unlink()
    planned, done = loaded.run(plan=True), loaded.run()
    assert [warning.code for warning in done.warnings] == ["damaged"] == [w.code for w in planned.warnings]
    assert (done.target, loaded.rows()) == (planned.target, rows)
    assert loaded.run().status == "nothing new"


def test_staging_that_is_gone_is_said(loaded: Place) -> None:
    """A move names the table and a file of it, and changes nothing."""
    name = loaded.warehouse.sql("SELECT min(table_name) FROM duckdb_tables() WHERE schema_name = 'staging'").rows[0][0]
    edited(f'DROP TABLE staging."{name}"')
    with pytest.raises(WarehouseError, match=r"damaged: staging\..* which has the rows of a\.csv"):
        loaded.warehouse.unload("t", "b.csv")


def test_a_damaged_block_is_no_full_disk(place: Place) -> None:
    """A block of rows with other bytes is said to be damage of the warehouse, by readers and writers."""
    place.put(a="id,x\n" + "".join(f"{i},{i * 7919 % 100003}\n" for i in range(150_000)))
    place.run(strategy="update", key=("id",))
    with duckdb.connect("out/w.duckdb", read_only=True) as connection:
        info = connection.sql("SELECT max(block_id) FROM pragma_storage_info('main.t') WHERE column_name = 'x'")
        block = info.fetchall()[0][0]
    with Path("out/w.duckdb").open("r+b") as file:
        file.seek(3 * 4096 + block * 262144 + 4096)
        file.write(b"\xff" * 64)
    with pytest.raises(WarehouseError, match=r"is damaged: .*checksum.* Restore it from a copy"):
        place.warehouse.sql("SELECT sum(x) FROM main.t")
    place.put(b="id,x\n1,new\n")
    with pytest.raises(WarehouseError, match=r"is damaged: .* Nothing was loaded\.$"):
        place.run()


def test_a_file_that_is_no_whole_database_is_said(loaded: Place) -> None:
    """Cut off or with other bytes, it is damaged, to readers and writers, and stays as it is."""
    whole = Path("out/w.duckdb").read_bytes()
    for content in (whole[: len(whole) // 2], whole[:8192] + b"x" * (len(whole) - 8192)):
        Path("out/w.duckdb").write_bytes(content)
        for call in (loaded.run, lambda: loaded.warehouse.sql("SELECT 1")):
            with pytest.raises(WarehouseError, match=r"damaged|cannot be opened"):
                call()
        assert Path("out/w.duckdb").read_bytes() == content


@pytest.mark.parametrize("size", [100, 5000, 12287])
def test_a_warehouse_whose_making_was_cut_short_is_made_again(loaded: Place, size: int) -> None:
    """Nothing can stand in it, so a run begins anew; a file of another kind is left alone."""
    with duckdb.connect("out/new.duckdb"):
        begun = Path("out/new.duckdb").read_bytes()  # nothing was written into it yet
    Path("out/w.duckdb").write_bytes(begun[:size])
    assert loaded.run(strategy="update", key=("id",)).records == 3
    Path("out/w.duckdb").write_bytes(b"theirs" * 20)
    with pytest.raises(WarehouseError, match="is not a DuckDB database"):
        loaded.run(strategy="update", key=("id",))
    assert Path("out/w.duckdb").read_bytes() == b"theirs" * 20


def test_what_a_killed_process_committed_beside_the_database_is_read(loaded: Place) -> None:
    """A reader that finds a `.wal` brings it in: what was committed is there."""
    with duckdb.connect(str(loaded.warehouse.path)) as connection:
        connection.execute("SET checkpoint_threshold = '1GB'")
        connection.execute("CREATE TABLE main.more AS SELECT 42 AS x")
        for name in ("w.duckdb", "w.duckdb.wal"):
            shutil.copy(f"out/{name}", f"out/left.{name.partition('.')[2]}")
    with open_warehouse(Path("out/left.duckdb"), Settings(), write=False) as warehouse:
        assert warehouse.one("SELECT x FROM main.more") == 42


@pytest.mark.parametrize("befalls", ["changed", "vanished"])
def test_a_file_that_is_not_what_was_surveyed_fails_the_load(
    loaded: Place, befalls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its fingerprint and its scan it changes or goes: a problem that names it; the next run loads it."""
    rows = loaded.rows()

    def late(*positional: object) -> object:
        monkeypatch.setattr(bring, "stage_all", stage_all)
        Path("in/c.csv").write_text("id,x\n8,changed\n", encoding="utf-8") if befalls == "changed" else (
            Path("in/c.csv").unlink())
        return stage_all(*positional)  # type: ignore[arg-type]

    loaded.put(c="id,x\n7,g\n")
    monkeypatch.setattr(bring, "stage_all", late)
    with pytest.raises(LoadFailed) as failed:
        loaded.run()
    assert [problem.path for problem in failed.value.problems] == ["c.csv"]
    assert loaded.rows() == rows
    assert loaded.run().records == (4 if befalls == "changed" else 3)


def test_an_output_folder_that_goes_away_is_made_again(loaded: Place) -> None:
    """The next run makes it and puts the output there; where a file stands in its place, the run says so first."""
    loaded.run(output="other/t.json")
    shutil.rmtree("other")
    loaded.run(output=None)
    assert len(json.loads(Path("other/t.json").read_bytes())) == 3
    shutil.rmtree("other")
    Path("other").touch()
    with pytest.raises(StorageError, match=r"other is not a folder"):
        loaded.warehouse.unload("t", "a.csv")
    Path("other").unlink()
    assert loaded.warehouse.unload("t", "a.csv").records == 1
    assert len(json.loads(Path("other/t.json").read_bytes())) == 1


def test_an_output_that_cannot_be_placed_is_pending_with_its_books(
    loaded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load is kept, and its books stand in the error; the next run puts the output in place."""
    replace, rows = Path.replace, loaded.rows()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(ExportPending, match="No space left") as pending:
        loaded.warehouse.unload("t", "a.csv")
    assert pending.value.load is not None
    assert (pending.value.load.records, pending.value.load.target.removed) == (1, 2)
    assert loaded.rows() == rows
    monkeypatch.setattr(Path, "replace", replace)
    assert loaded.run().status == "nothing new"
    assert loaded.rows() == [{"id": 3, "x": "c"}]
    assert sorted(path.name for path in Path("out").iterdir()) == ["t.json", "w.duckdb"]


def test_memory_that_runs_out_is_said(place: Place) -> None:
    """Nothing is loaded, the option is named, and with more of it the same run passes."""
    place.put(a="id,x\n" + "".join(f"{number * 7919 % 1000003},{number}{number}\n" for number in range(150_000)))
    dataset = Dataset(source_dir="in", table="t", strategy="update", key=("id",))
    with pytest.raises(StorageError, match=r"memory limit was reached.*--memory-limit"):
        run(dataset, warehouse="out/w.duckdb", settings=Settings(memory_limit="12MB", threads=1))
    assert run(dataset, warehouse="out/w.duckdb").records == 150_000


def test_a_reader_waits_for_a_change(loaded: Place) -> None:
    """While the warehouse is held, a reader and a change wait for their time and are told who has it."""
    with open_warehouse(Path("out/w.duckdb"), Settings(), write=True):
        hasty = type(loaded.warehouse)("out/w.duckdb", Settings(lock_timeout=0.1))
        for call in (lambda: hasty.sql("SELECT 1"), lambda: hasty.unload("t", "a.csv")):
            with pytest.raises(WarehouseLocked, match=r"was not free within 0\.1 s"):
                call()
    assert hasty.unload("t", "a.csv").records == 1


def test_scratch_folders_of_the_dead_are_removed_and_those_of_the_living_stay(tmp_path: Path) -> None:
    """A folder whose lock is free is nobody's; one that another holds is left alone."""
    (tmp_path / f"{PREFIX}dead/work").mkdir(parents=True)
    (tmp_path / f"{PREFIX}dead/held").touch()
    (tmp_path / f"{PREFIX}half-removed/work").mkdir(parents=True)
    (tmp_path / f"{PREFIX}young").mkdir()
    with scratch(tmp_path) as folder:
        (folder / "1.csv").touch()
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([folder.parent.name, f"{PREFIX}young"])
        other = threading.Thread(target=remove_left, args=(tmp_path,))
        other.start()
        other.join()
        assert (folder / "1.csv").exists()
    assert [path.name for path in tmp_path.iterdir()] == [f"{PREFIX}young"]

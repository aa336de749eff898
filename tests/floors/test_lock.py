"""The lock and the settings of the one connection."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from etl.config import Settings
from etl.errors import WarehouseError, WarehouseLocked
from etl.warehouse import Warehouse, in_memory, open_warehouse

HOUSE = Path(__file__).parents[2]

HOLDER = """
import sys
from pathlib import Path
from etl.config import Settings
from etl.warehouse import open_warehouse
with open_warehouse(Path(sys.argv[1]), Settings(), write=sys.argv[2] == "True"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A warehouse."""
    path = tmp_path / "it's a \u2603.duckdb"
    with open_warehouse(path, Settings(), write=True):
        pass
    return path


@contextmanager
def held(path: Path, *, write: bool) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the warehouse until a line comes."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, path, str(write)], cwd=HOUSE, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        if holder.stdin is not None and not holder.stdin.closed:
            holder.stdin.close()


def waits_in_vain(path: Path, *, write: bool, seconds: float) -> str:
    """Open a warehouse that another process holds: what is said, after the time that was given."""
    began = time.monotonic()
    with (
        pytest.raises(WarehouseLocked) as refused,
        open_warehouse(path, Settings(lock_timeout=seconds), write=write),
    ):
        pass
    assert time.monotonic() - began >= seconds
    return str(refused.value)


def test_one_writer_at_a_time(path: Path) -> None:
    """Beside a writer, writers and readers wait for the time given, then name the process; once it ends, they go on."""
    with held(path, write=True) as holder:
        for write in (True, False):
            said = waits_in_vain(path, write=write, seconds=0.2)
            assert f"process {holder.pid})" in said
            assert "-c" in said.split("(process")[0]  # the command
            began = datetime.fromisoformat(said.split("runs since ")[1].split(" UTC")[0] + "+00:00")
            assert abs(datetime.now(UTC) - began) < timedelta(seconds=60)
            assert str(path) in said
            assert "0.2 s" in said
            assert "--lock-timeout" in said
        waits_in_vain(path, write=True, seconds=0)
        assert holder.stdin is not None
        ended = threading.Timer(0.3, holder.stdin.close)
        ended.start()
        with open_warehouse(path, Settings(lock_timeout=30), write=True) as warehouse:
            assert warehouse.one("SELECT 42") == 42
        ended.join()


def test_readers_share_and_keep_writers_out(path: Path) -> None:
    """Beside a reader another reader is let in at once, a writer waits; once the reader ends, it goes on."""
    with held(path, write=False) as holder:
        with open_warehouse(path, Settings(lock_timeout=0), write=False) as warehouse:
            assert warehouse.one("SELECT 42") == 42
        assert f"process {holder.pid})" in waits_in_vain(path, write=True, seconds=0.2)
        assert holder.stdin is not None
        ended = threading.Timer(0.3, holder.stdin.close)
        ended.start()
        with open_warehouse(path, Settings(lock_timeout=30), write=True) as warehouse:
            assert warehouse.one("SELECT 42") == 42
        ended.join()


def test_a_reader_waits_for_a_writer(path: Path) -> None:
    """A reader beside a writer that ends in time is let in, and sees what was written."""
    with held(path, write=True) as holder:
        assert holder.stdin is not None
        ended = threading.Timer(0.3, holder.stdin.close)
        ended.start()
        with open_warehouse(path, Settings(lock_timeout=30), write=False) as warehouse:
            assert warehouse.exists("etl", "load")
        ended.join()


def test_a_process_that_is_killed_holds_nothing(path: Path) -> None:
    """The lock goes with its process, however that ends."""
    with held(path, write=True) as holder:
        holder.kill()
        holder.wait()
        with open_warehouse(path, Settings(lock_timeout=0), write=True) as warehouse:
            assert warehouse.one("SELECT 42") == 42


@pytest.mark.parametrize("write", [True, False])
def test_one_writer_at_a_time_within_a_process(path: Path, *, write: bool) -> None:
    """A second connection of the same process waits too, and then is told that the warehouse is held."""
    with (
        open_warehouse(path, Settings(), write=True),
        pytest.raises(WarehouseLocked),
        open_warehouse(path, Settings(lock_timeout=0.1), write=write),
    ):
        pass


# The settings of every connection

STATED = {
    "TimeZone": "UTC", "default_collation": "binary", "preserve_insertion_order": "true", "max_vacuum_tasks": "0",
    "autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "enable_progress_bar": "false",
    "python_enable_replacements": "false",
}


def settings_of(warehouse: Warehouse) -> dict[str, str]:
    """All settings of a connection."""
    return dict(warehouse.sql("SELECT name, value FROM duckdb_settings()"))


@contextmanager
def opened(how: str, path: Path, settings: Settings) -> Iterator[Warehouse]:
    """A connection of each sort."""
    with in_memory(settings, path.parent) if how == "memory" else open_warehouse(
            path, settings, write=how == "writer") as warehouse:
        yield warehouse


@pytest.mark.parametrize("how", ["writer", "reader", "memory"])
def test_nothing_that_decides_is_left_to_a_default(path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Time zone, collation, order and extensions are stated on every connection, whatever the machine says."""
    monkeypatch.setenv("TZ", "Pacific/Chatham")
    time.tzset()
    try:
        with opened(how, path, Settings(threads=1, memory_limit="300MB")) as warehouse:
            found = settings_of(warehouse)
            assert {name: found[name] for name in STATED} == STATED
            assert found["threads"] == "1"
            assert found["memory_limit"] == "286.1 MiB"
            beside = path.parent if how == "memory" else path.with_name(path.name + ".tmp")
            assert found["temp_directory"] == str(beside)
            assert warehouse.sql("SELECT '\u00c4' < 'a', 'a' < 'B'") == [(False, False)]
            assert warehouse.one("SELECT CAST(TIMESTAMPTZ '2024-01-01 00:00:00+00' AS VARCHAR)") == (
                "2024-01-01 00:00:00+00")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_folder_for_what_does_not_fit_can_be_named(path: Path, tmp_path: Path) -> None:
    """`temp_dir` goes before the place beside the warehouse."""
    aside = tmp_path / "aside"
    aside.mkdir()
    with open_warehouse(path, Settings(temp_dir=aside), write=True) as warehouse:
        assert aside in Path(settings_of(warehouse)["temp_directory"]).parents
    assert list(aside.iterdir()) == []


def test_a_memory_limit_that_is_none_is_refused(path: Path) -> None:
    """A size that DuckDB does not take is said in a sentence."""
    with (
        pytest.raises(WarehouseError, match="--memory-limit plenty is not a size"),
        open_warehouse(path, Settings(memory_limit="plenty"), write=True),
    ):
        pass


def test_a_reader_cannot_write(path: Path) -> None:
    """The file of a reader is attached read-only."""
    with open_warehouse(path, Settings(), write=False) as warehouse, pytest.raises(duckdb.Error, match="read-only"):
        warehouse.sql("CREATE TABLE main.t (x INTEGER)")

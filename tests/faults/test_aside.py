"""What is written aside: what a killed process leaves of it goes with the next one, and a fault leaves nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from changes.conftest import Place

from etl import Settings
from etl.cli.door import execute
from etl.errors import StorageError, UsageError
from etl.inspect import emit, emit_sql
from etl.warehouse import open_warehouse
from etl.warehouse.machine import of_machine, said, sentence
from etl.warehouse.scratch import PREFIX, whole

OF = ("--warehouse", "out/w.duckdb")
RUN = ("run", "--source-dir", "in", "--table", "t", "--strategy", "update", "--key", "id", *OF)


@pytest.fixture
def loaded(place: Place) -> Place:
    """A file, loaded."""
    place.put(a="id,x\n1,a\n2,b\n")
    place.run(strategy="update", key=("id",))
    return place


def abandoned(folder: Path, **files: str) -> None:
    """A folder of a process that was killed."""
    work = folder / f"{PREFIX}dead" / "work"
    work.mkdir(parents=True)
    (work.parent / "held").touch()
    for name, text in files.items():
        (work / name).write_text(text, encoding="utf-8")


def test_a_file_takes_its_place_whole_or_not_at_all(tmp_path: Path) -> None:
    """After an error what stood there still does, and nothing is left beside it, not of the dead either."""
    abandoned(tmp_path, whole="half")
    with whole(tmp_path / "x.json") as aside:
        aside.write_text("old", encoding="utf-8")
    with pytest.raises(TypeError), whole(tmp_path / "x.json") as aside:
        aside.write_bytes("no bytes")  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == "old"


def test_a_folder_that_is_about_to_get_its_lock_is_nobodys_to_remove(tmp_path: Path) -> None:
    """Its file for the lock stands before the lock is taken: only an old one was left there by a killed process."""
    for age, stays in ((0, True), (999, False)):
        young = tmp_path / f"{PREFIX}{age}"
        young.mkdir()
        (young / "held").touch()
        os.utime(young, (time.time() - age,) * 2)
        with whole(tmp_path / "x.json") as aside:
            aside.touch()
        assert young.exists() == stays


@pytest.mark.parametrize("command", [
    ("plan", *RUN[1:], "--save", "other/x.json"),
    ("export", "t", "other/x.json", *OF),
    ("rejects", "--output", "other/x.json", *OF),
    ("verify", "--temp-dir", "other", *OF),
    (*RUN, "--temp-dir", "other"),
])
def test_what_a_killed_command_left_aside_goes_with_the_next(loaded: Place, command: tuple[str, ...]) -> None:
    """Beside what they write, and in the folder for what is written aside."""
    assert loaded.rows()
    Path("other").mkdir()
    abandoned(Path("other"), whole="half")
    assert execute(command) == 0
    assert [path.name for path in Path("other").iterdir()] in (["x.json"], [])


def test_what_does_not_fit_into_memory_is_written_where_the_next_process_removes_it(loaded: Place) -> None:
    """Below --temp-dir, in a folder that is locked for as long as the process lives."""
    Path("other").mkdir()
    with open_warehouse(loaded.warehouse.path, Settings(temp_dir=Path("other")), write=True) as warehouse:
        spill = Path(warehouse.one("SELECT current_setting('temp_directory')"))
        assert spill.parent.parent == Path("other")
        assert spill.parent.name.startswith(PREFIX)
    assert list(Path("other").iterdir()) == []


def test_a_folder_for_what_is_aside_that_is_not_there_is_said(
    loaded: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence that names it and the option; nothing is made."""
    assert loaded.rows()
    assert execute((*RUN, "--temp-dir", "nowhere")) == 1
    assert "Nothing can be written aside in the folder nowhere: No such file or directory." in capsys.readouterr().err
    assert not Path("nowhere").exists()


def test_a_script_that_a_killed_process_left_unfinished_is_written_anew(loaded: Place) -> None:
    """While its folder aside is there and no manifest, what stands in the folder is not all; a whole one stays."""
    warehouse = loaded.warehouse.path
    emit_sql(warehouse, "t", Path("made"), Settings())
    script = Path("made/load.sql").read_bytes()
    Path("made/manifest.json").unlink()
    with pytest.raises(UsageError, match="is not an empty folder"):
        emit_sql(warehouse, "t", Path("made"), Settings())
    abandoned(Path("made"))
    emit_sql(warehouse, "t", Path("made"), Settings())
    assert Path("made/load.sql").read_bytes() == script
    abandoned(Path("made"))
    with pytest.raises(UsageError, match="is not an empty folder"):
        emit_sql(warehouse, "t", Path("made"), Settings())
    assert sorted(path.name for path in Path("made").iterdir()) == ["inputs", "load.sql", "manifest.json"]
    assert json.loads(Path("made/manifest.json").read_bytes())["table"] == "t"


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_load_whose_script_is_not_written_is_done_all_the_same(
    loaded: Place, fault: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code says that something is pending, nothing of the script is left, and the same command writes it."""
    loaded.put(b="id,x\n3,c\n")
    with monkeypatch.context() as struck:
        struck.setattr(emit, "write_export", lambda *_: (_ for _ in ()).throw(fault))
        assert execute((*RUN, "--emit-sql", "made")) == 3
    assert "The load is committed, but it is not written as SQL: " in capsys.readouterr().err
    assert len(loaded.rows()) == 3
    assert not Path("made").exists()
    assert execute((*RUN, "--emit-sql", "made")) == 0
    shutil.rmtree("made")


def test_a_commit_without_room_is_the_machines(tmp_path: Path) -> None:
    """It is told from a transaction that is wrong by its words alone."""
    full = 'TransactionContext Error: Failed to commit: Could not write file "w.wal": No space left on device'
    assert of_machine(duckdb.TransactionException(full)) is not None
    connection = duckdb.connect(str(tmp_path / "x.duckdb"))
    with connection, pytest.raises(duckdb.TransactionException) as wrong:
        connection.execute("COMMIT")
    assert of_machine(wrong.value) is None
    assert of_machine(StorageError("said already")) is None


def test_what_is_fatal_is_the_machines_by_its_words_alone() -> None:
    """A disk that is full is told by its cause; a mistake that ends DuckDB is none of the machine's."""
    lost = "FATAL Error: Failed: database has been invalidated because of a previous fatal error.\nOriginal error: "
    full = of_machine(duckdb.FatalException(lost + '"Could not write file "w.wal": No space left on device"'))
    assert full is not None
    assert said(full) == 'Could not write file "w.wal": No space left on device'
    index = of_machine(duckdb.FatalException(lost + '"node without metadata in ARTOperator::Insert"'))
    assert index is not None
    assert str(sentence(index, "Nothing was loaded.")) == (
        "The warehouse is damaged: node without metadata in ARTOperator::Insert. Restore it from a copy, or load the "
        "files into another --warehouse. Nothing was loaded.")
    assert of_machine(duckdb.FatalException(lost + '"Information loss on integer cast: value -952"')) is None


def test_a_disk_that_is_full_while_a_warehouse_is_read_is_said(
    loaded: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What DuckDB says of it becomes a sentence, whatever the command was at."""
    full = duckdb.IOException('IO Error: Could not write file "aside.duckdb": No space left on device')
    monkeypatch.setattr(sys.modules["etl.inspect.verify"], "rebuilt", lambda *_: (_ for _ in ()).throw(full))
    assert loaded.rows()
    assert execute(("verify", *OF)) == 1
    assert 'Error: A file could not be read or written: IO Error: Could not write file "aside.duckdb"' in (
        capsys.readouterr().err)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_while_the_program_is_imported_is_answered(name: str) -> None:
    """With a sentence and the code of an interrupt, and no traceback."""
    script = ("import os, signal, sys\n"
              "class Interrupts:\n"
              "    def find_spec(self, name, *_):\n"
              "        if name == 'click': os.kill(os.getpid(), signal.NAME)\n"
              "sys.meta_path.insert(0, Interrupts())\n"
              "from etl.cli import main\n"
              "main(['--help'])\n")
    done = subprocess.run([sys.executable, "-c", script.replace("NAME", name)], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted: nothing was done.\n")

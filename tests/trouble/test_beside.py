"""What a command writes beside a load never stands in the place of what a load is made of, nor becomes a source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from etl.cli.door import execute
from etl.config import Dataset, Selection, Settings
from etl.errors import UsageError, WarehouseLocked
from etl.load import Written, check_written
from etl.sources.taking import would_take
from etl.warehouse import open_warehouse

KEPT = ("--warehouse", "w.db")
RUN = ("--source-dir", "s", "--table", "t", *KEPT)
WRITERS = {
    "plan": lambda at: ("plan", *RUN, "--save", at),
    "log": lambda at: ("run", *RUN, "--log-file", at),
    "log of a plan": lambda at: ("plan", *RUN, "--log-file", at),
    "log of a change": lambda at: ("unload", "t", "a.csv", *KEPT, "--log-file", at),
    "script": lambda at: ("run", *RUN, "--emit-sql", at),
    "report": lambda at: ("report", *KEPT, "--output", at),
    "rejects": lambda at: ("rejects", *KEPT, "--output", at),
    "export": lambda at: ("export", "t", at, *KEPT),
}


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source, a warehouse and a recorded output."""
    monkeypatch.chdir(tmp_path)
    Path("s").mkdir()
    Path("s/a.csv").write_text("k,v\n1,x\n", encoding="utf-8")
    assert execute(["run", *RUN, "--output", "t.json", "--quiet"]) == 0
    return tmp_path


def files() -> dict[str, bytes]:
    """Every file below the current folder."""
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


WRONG = (
    ("why", "t", "\udcff", *KEPT), ("why", "t", "--row", "\udcff:1", *KEPT), ("run", *KEPT, "--table", "\udcff"),
    ("run", *KEPT, "--null", "\udcff"), ("run", *RUN, "--emit-sql", "\udcff"), ("sql", "SELECT '\udcff'", *KEPT),
    ("status", "--warehouse", "\udcff"), ("run", *RUN, "--temp-dir", "\udcff"), ("unload", "t", "\udcff", *KEPT),
    ("status", "--warehouse", "x" * 300), ("run", *RUN, "--emit-sql", "x" * 300), ("inspect", "x" * 300),
    ("run", "--source-dir", "s", "--output", "x" * 300 + ".json"),
)
PLACES = ("w.db", "w.db.wal", "t.json", "s/a.csv", "s/new.csv", "s/below/new.json", "link.csv")


@pytest.mark.usefixtures("loaded")
def test_nothing_is_written_over_a_load_or_among_its_sources(capsys: pytest.CaptureFixture[str]) -> None:
    """The warehouse, its log, the recorded output, a source and a place of a source: refused, and nothing is done."""
    Path("s/below").mkdir()
    Path("link.csv").symlink_to("s/a.csv")
    Path("s/b.csv").write_text("k,v\n2,y\n", encoding="utf-8")
    before = files()
    for writer, command in WRITERS.items():
        for at in PLACES:
            capsys.readouterr()
            assert execute(command(at)) == 2, (writer, at)
            assert capsys.readouterr().err.startswith("Error: ")
            assert files() == before, (writer, at)


@pytest.mark.usefixtures("loaded")
def test_what_sources_do_not_take_is_written() -> None:
    """Beside the sources, among them under a name that is not taken, and where --exclude leaves it out."""
    Path("o").mkdir()
    for at in ("o/plan.json", "s/plan.txt", "s/.plan.json"):
        assert execute(["plan", *RUN, "--save", at, "--quiet"]) == 0, at
        assert Path(at).exists()
    assert execute(["run", *RUN, "--exclude", "*.json", "--log-file", "s/log.json", "--quiet"]) == 0
    assert execute(["export", "t", "s/t.json", *KEPT]) == 0
    assert execute(["run", "--table", "t", *KEPT, "--emit-sql", "o/as_sql", "--quiet"]) == 0


@pytest.mark.usefixtures("loaded")
def test_a_link_that_leads_to_itself_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """In the place of what is written, the recorded output among it: a sentence names it, and nothing is done."""
    Path("loop.json").symlink_to("loop.json")
    Path("t.json").unlink()
    Path("t.json").symlink_to("t.json")
    for name, command in WRITERS.items():
        assert execute(command("loop.json" if name != "rejects" else "t.json")) == 2, name
        assert "is a link that leads nowhere" in capsys.readouterr().err, name
    for command in (("run", *RUN), ("unload", "t", "a.csv", *KEPT)):
        assert execute(command) == 2
        assert "t.json is a link that leads nowhere" in capsys.readouterr().err


@pytest.mark.usefixtures("loaded")
def test_settings_are_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    """An etl.toml stays what it is, whatever a command is asked to write."""
    Path("etl.toml").write_text("# ours\n", encoding="utf-8")
    for command in (("run", *RUN, "--log-file", "etl.toml"), ("plan", *RUN, "--save", "./etl.toml")):
        assert execute(command) == 2
        assert "would take the place of a file of settings" in capsys.readouterr().err
    assert Path("etl.toml").read_text(encoding="utf-8") == "# ours\n"


@pytest.mark.usefixtures("loaded")
def test_a_fresh_plan_knows_its_own_sources_and_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Before any warehouse is there: what the command line states is all there is to know."""
    stated = ("--source-dir", "s", "--output", "out/x.json", "--quiet")
    for at, said in (("s/p.json", "would be among the sources of s"), ("out/x.json", "the output of this load"),
                     ("out/x.duckdb", "the place of the warehouse")):
        assert execute(["plan", *stated, "--save", at]) == 2
        assert said in capsys.readouterr().err
    assert not Path("out").exists()


@pytest.mark.usefixtures("loaded")
def test_an_output_takes_no_place_of_another(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the warehouse, whatever it is called, and of the output that another dataset keeps up to date."""
    Path("u").mkdir()
    Path("u/a.csv").write_text("k\n1\n", encoding="utf-8")
    assert execute(["run", "--source-dir", "u", "--table", "u", *KEPT, "--output", "t.json"]) == 2
    assert "the output of t, which its loads keep up to date" in capsys.readouterr().err
    assert execute(["run", "--source-dir", "u", "--warehouse", "x.json", "--output", "x.json"]) == 2
    assert "the place of the warehouse" in capsys.readouterr().err
    assert not Path("x.json").exists()


@pytest.mark.parametrize(("selection", "takes"), [
    (Selection("s"), {"s/n.csv", "s/a.csv", "s/b/n.json", "s/linked/n.csv", "far/n.csv", "hard.csv"}),
    (Selection("s", exclude=("n.csv",)), {"s/a.csv", "s/b/n.json", "hard.csv"}),
    (Selection("s", include=("b/*",)), {"s/b/n.json"}),
    (Selection(None, ("s/*.csv",)), {"s/n.csv", "s/a.csv", "hard.csv"}),
    (Selection(None, ("{root}/*/n.csv", "s/a.*")),
     {"s/n.csv", "far/n.csv", "s/linked/n.csv", "s/a.csv", "hard.csv"}),
    (Selection(None, ("s/a.csv", "s/b")), {"s/a.csv", "s/b/n.json", "hard.csv"}),
    (Selection(None, ("s/x.log", "gone/*.csv")), {"s/x.log"}),
])
def test_what_discovery_would_take(
    selection: Selection, takes: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of folders, globs and names, through links and hard links; hidden and filtered names are not taken."""
    monkeypatch.chdir(tmp_path)
    for folder in ("s/b", "far"):
        Path(folder).mkdir(parents=True)
    Path("s/linked").symlink_to("../far")
    for name in ("s/a.csv", "s/x.log"):
        Path(name).write_text("k\n1\n", encoding="utf-8")
    Path("hard.csv").hardlink_to("s/a.csv")
    selection = replace(selection, sources=tuple(source.format(root=tmp_path) for source in selection.sources))
    asked = ("s/n.csv", "s/a.csv", "s/x.log", "s/n.log", "s/.n.csv", "s/.b/n.csv", "s/b/n.json", "s/linked/n.csv",
             "far/n.csv", "n.csv", "hard.csv")
    assert {name for name in asked if would_take(selection, tmp_path / "s", Path(name))} == takes


@pytest.mark.usefixtures("loaded")
def test_a_held_warehouse_keeps_no_log_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that no source folder takes is not asked about; another waits, and is refused by the lock's sentence."""
    def locked(*_: object, **_words: object) -> None:
        raise WarehouseLocked("held")

    monkeypatch.setattr("etl.warehouse.connection.attach", locked)
    check_written([Written("log", Path("etl.log"))], Path("w.db"), Settings(), Dataset(source_dir="s"))
    with pytest.raises(WarehouseLocked):
        check_written([Written("log", Path("log.json"))], Path("w.db"), Settings(), Dataset(source_dir="s"))


@pytest.mark.usefixtures("loaded")
def test_an_older_warehouse_is_asked_too() -> None:
    """A run brings it up to date; what it knows of its sources is read before."""
    from etl.warehouse.migrate import migrate  # noqa: PLC0415  brings Alembic

    with open_warehouse(Path("w.db"), Settings(), write=True) as opened:
        migrate(opened, "0003")
    with pytest.raises(UsageError, match="a file that t has loaded"):
        check_written([Written("log", Path("s/a.csv"))], Path("w.db"), Settings())


@pytest.mark.usefixtures("loaded")
def test_bytes_that_no_text_has_and_names_that_are_too_long(capsys: pytest.CaptureFixture[str]) -> None:
    """A sentence of the command line, before anything is done; a path that is handled may have any bytes."""
    Path("\udcff").hardlink_to("w.db")
    before = files()
    for arguments in WRONG:
        capsys.readouterr()
        assert execute(arguments) == 2, arguments
        said = capsys.readouterr().err
        assert "not UTF-8" in said or "too long for the name of a file" in said, arguments
        assert files() == before, arguments
    assert execute(["plan", *RUN, "--save", "p\udcff", "--quiet"]) == 0


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("what", sorted(set(WRITERS) - {"script"}))
def test_a_folder_that_is_not_there_is_a_usage_error(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever is to be written into it, and before anything is done; so is a place without a name."""
    before = files()
    assert execute(WRITERS[what]("none/x.json")) == 2
    said = capsys.readouterr().err
    assert "none/x.json cannot be written: there is no folder " in said
    assert said.endswith("Make it, or name another place.\n")
    assert execute(WRITERS[what]("")) == 2
    assert "it is empty." in capsys.readouterr().err
    assert files() == before

"""After the commit no error says that the load failed: the exit code is 3, whatever went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.cli.door import execute

RUN = ("run", "--source-dir", "s", "--warehouse", "w.db", "--table", "t")


@pytest.fixture(autouse=True)
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with one source."""
    monkeypatch.chdir(tmp_path)
    Path("s").mkdir()
    Path("s/a.csv").write_text("k,v\n1,x\n", encoding="utf-8")


def broken(*_arguments: object, **_words: object) -> None:
    """A mistake of ours."""
    raise UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed")


@pytest.mark.parametrize(("place", "more"), [
    ("etl.inspect.emit_sql", ("--emit-sql", "as_sql")), ("etl.cli.outcome.summary", ()),
    ("etl.load.carry.write_export", ("--output", "t.json")),
])
def test_a_mistake_after_the_commit_is_exit_3(
    place: str, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the script, of what is shown and of the output: the load is said to stay, and does."""
    if "--output" in more:
        assert execute([*RUN, *more]) == 0
        Path("t.json").unlink()
    with monkeypatch.context() as patched:
        patched.setattr(place, broken)
        assert execute([*RUN, *more]) == 3
    said = capsys.readouterr().err
    assert "There was an error inside etl (UnicodeEncodeError" in said
    assert execute(["sql", "SELECT * FROM t", "--warehouse", "w.db", "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("k,v,")


def test_standard_output_that_is_full_is_exit_3(capfd: pytest.CaptureFixture[str]) -> None:
    """The export of `-` is written after the commit, so what keeps it from being written is no failed load."""
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.MonkeyPatch.context() as patched:
        patched.setattr("etl.cli.commands.standard_output", lambda: full)
        assert execute([*RUN, "--output", "-"]) == 3
    assert "t is loaded, but standard output does not take it: No space left" in capfd.readouterr().err


def test_a_query_may_begin_with_a_comment(capfd: pytest.CaptureFixture[str]) -> None:
    """A comment of SQL is no option; a misspelt option still is."""
    assert execute(RUN) == 0
    capfd.readouterr()
    assert execute(["sql", "-- one\nSELECT 1 AS a", "--warehouse", "w.db", "--format", "csv"]) == 0
    assert capfd.readouterr().out == "a\n1\n"
    assert execute(["sql", "-- c", "--warehouse", "w.db"]) == 1
    assert "The query is empty" in capfd.readouterr().err
    assert execute(["sql", "--formt", "csv", "SELECT 1"]) == 2
    assert "No such option" in capfd.readouterr().err

"""Files that change or vanish while a load looks at them."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from etl.load import check, survey
from etl.sources import scan
from trouble.home import Home

VICTIM = Path("in/b.csv")


def append() -> None:
    """Write one more record behind the file."""
    with VICTIM.open("a") as out:
        out.write("3,z\n")


def exchange() -> None:
    """Put another file in its place."""
    Path("in/other").write_text("id,v\n9,w\n")
    os.replace("in/other", VICTIM)  # noqa: PTH105


MOVES = {"append": append, "exchange": exchange, "vanish": VICTIM.unlink}


def after(owner: Any, name: str, move: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    """Let something happen once, when a function has ended."""
    whole = getattr(owner, name)
    left = [move]

    def then(*arguments: Any, **named: Any) -> Any:
        found = whole(*arguments, **named)
        if left:
            left.pop()()
        return found

    patch.setattr(owner, name, then)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("when", ["listed", "scanned"])
def test_a_file_that_moves_is_named_or_read_as_it_is(
    home: Home, monkeypatch: pytest.MonkeyPatch, move: str, when: str
) -> None:
    """Listed before and read after: what stands there, or `vanished`; changed after it was read: a problem."""
    home.put({"a.csv": "id,v\n1,x\n", "b.csv": "id,v\n2,y\n"})
    after(survey, "discover" if when == "listed" else "scan_all", MOVES[move], monkeypatch)
    answer = home.run()
    assert "Traceback" not in answer.said
    if when == "listed" and move != "vanish":
        assert answer.code == 0, answer.said
        assert len(home.exported()) == (3 if move == "append" else 2)
        return
    assert answer.code == 1
    assert f"b.csv: the file {'vanished' if move == 'vanish' and when == 'scanned' else ''}" in answer.error
    assert [row[:2] for row in home.rejects("problem")] == [("vanished" if move == "vanish" else "changed", "b.csv")]
    assert not home.output.exists()
    home.put({"b.csv": "id,v\n2,y\n"})
    assert home.run().code == 0


def test_a_file_that_changes_while_it_is_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that were read while the file grew are no version of it."""
    home.put({"b.csv": "id,v\n2,y\n"})
    after(scan.content, "open_regular", lambda: None, monkeypatch)
    monkeypatch.setattr(scan.Survey, "finish", lambda _self, whole=scan.Survey.finish: (append(), whole(_self))[1])
    answer = home.run()
    assert answer.code == 1
    assert "b.csv: the file changed while it was being read. Run again when it is complete" in answer.error


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("policy", ["reject_row", "skip_file", "abort"])
def test_a_file_that_moves_before_its_rejects_are_placed(
    home: Home, monkeypatch: pytest.MonkeyPatch, move: str, policy: str
) -> None:
    """What is told of a rejected record is looked up in its file, which must still be what was staged."""
    home.put({"a.csv": "id,v\n1,5\n", "b.csv": "id,v\n2,y\n"})
    after(check, "refusals", MOVES[move], monkeypatch)
    answer = home.run("--column", "v=BIGINT", "--on-error", policy)
    word = "vanished" if move == "vanish" else "changed"
    assert f"b.csv: the file {word} while it was read. Load again when nothing writes to it" in answer.error
    assert answer.code == (0 if policy == "skip_file" else 1)
    assert [row[:2] for row in home.rejects("skipped" if policy == "skip_file" else "problem")] == [(word, "b.csv")]
    assert home.output.exists() == (policy == "skip_file")


OTHERS = {"b.csv.gz": gzip.compress(b"id,v\n2,y\n"), "b.json": b'[{"id":2,"v":"y"}]', "b.ndjson": b'{"id":2,"v":"y"}\n'}


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_another_form_that_vanishes_then(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It is named whatever reads it."""
    home.put({name: OTHERS[name]})
    after(check, "refusals", Path("in", name).unlink, monkeypatch)
    answer = home.run("--column", "v=BIGINT", "--on-error", "reject_row")
    assert answer.code == 1
    assert [row[:2] for row in home.rejects("problem")] == [("vanished", name)]

"""Lives of every change of state, held to the oracle; and the proof that the harness finds what is wrong.

The long form is `python -m tests.laws.long`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from etl import sql_files
from etl.load import carry
from laws.live import live
from laws.lives import drawn

LIVES = int(os.environ.get("ETL_EXAMPLES", "12")) // 2
WITHIN_SECONDS = 60
LONGEST = 200  # lives that a planted fault may take to be found, at most; usually it is one or two

Plant = Callable[[pytest.MonkeyPatch], None]


def test_lives_are_what_the_oracle_says() -> None:
    """Whatever happens to a dataset, target, export, books, holds and plans are the oracle's and a rebuild's."""
    chosen = drawn()
    for number in range(LIVES):
        live(f"{chosen}/{number}", steps=5)


def spoilt(name: str, *changes: tuple[str, str]) -> Plant:
    """A fault planted into the statement of a file of `sql/`."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        right = sql_files.statement

        def wrong(asked: str) -> sql_files.Statement:
            found = right(asked)
            if asked != name:
                return found
            text = found.text
            for before, after in changes:
                assert before in text, f"sql/{name}.sql has no {before!r}"
                text = text.replace(before, after)
            return replace(found, text=text)

        monkeypatch.setattr(sql_files, "statement", wrong)

    return plant


def never_repaired(monkeypatch: pytest.MonkeyPatch) -> None:
    """An output that is lost or edited is taken for what was left."""
    monkeypatch.setattr(carry, "_as_left", lambda _output: True)


def never_narrowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kinds of versions that left stay, and have a say in the types."""
    monkeypatch.setattr("etl.load.judge.forget", lambda *_: None)
    spoilt("summaries", ("WHERE scope.state <> 'left'", "WHERE true"))(monkeypatch)


# Where each was found when it was planted first: that life is lived first, so that the proof is quick.
FOUND = {"rank by id": 6, "no recomputing on leaving": 0, "a lost row": 4, "a row twice": 11, "a type not narrowed": 1,
         "an export not repaired": 11, "a hold that is forgotten": 0}
PLANTED: dict[str, Plant] = {
    "rank by id": spoilt("scope", ("dense_rank() OVER (ORDER BY version.path)",
                                   "dense_rank() OVER (ORDER BY version.version_id)")),
    "no recomputing on leaving": spoilt("lost", ("WHERE state = 'left'", "WHERE false")),
    "a lost row": spoilt("upsert", ("WHERE verdict <> 'superseded'", "WHERE verdict <> 'superseded' AND _row <> 2")),
    "a row twice": spoilt(
        "append", ("FROM ${candidates}",
                   "FROM (SELECT * FROM ${candidates} AS one UNION ALL SELECT * FROM ${candidates} AS two)")),
    "a type not narrowed": never_narrowed,
    "an export not repaired": never_repaired,
    "a hold that is forgotten": lambda monkeypatch: monkeypatch.setattr("etl.load.survey._hold", lambda *_: None),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found_within_a_minute(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the fault in the program, a life differs from the oracle, or the program's own checks stop it."""
    PLANTED[fault](monkeypatch)
    began = time.monotonic()
    for number in (FOUND[fault], *range(LONGEST)):
        try:
            live(f"{fault}/{number}", steps=8)
        except Exception:  # noqa: BLE001  a difference, or what the program says of itself
            break
    else:
        pytest.fail(f"not found in {LONGEST} lives")
    assert time.monotonic() - began < WITHIN_SECONDS

"""What cannot be loaded leaves everything as it was, and is named."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import Definition, Style, Table

from etl.config import Settings
from etl.errors import LoadFailed
from laws.histories import History, histories
from laws.laws import share
from laws.program import Program

KEYED = st.one_of(histories("fresh", steps=2), histories("accumulating", steps=2))
BAD = "bad.csv"


def lived(history: History, home: str) -> tuple[Program, Definition, dict[str, Table]]:
    """A program that lived through a history to a last state with a key, its definition and its folder."""
    last = history.deliveries[-1].step
    assume(last.definition.keyed and last.folder)
    program = Program(Path(home), history.kind, history.delimiter)
    for delivery in history.deliveries:
        program.deliver(delivery.step.folder)
        program.load_if_found(delivery.step.definition)
    return program, last.definition, dict(last.folder)


def file_of(definition: Definition, history: History, *, key: bool, filled: bool) -> Table:
    """A file of one row, with or without the columns of the key, and with or without values in them."""
    needed = {*definition.key, *([definition.order_by] if definition.order_by else [])}
    header = (*sorted(needed if key else needed - {*definition.key}), "filler", "more")
    return Table(header, (tuple("1" if filled else None for _ in header),), Style(history.delimiter or ","))


@share(8)
@given(KEYED, st.booleans())
def test_a_load_that_fails_leaves_no_trace(history: History, null: bool) -> None:
    """A NULL key, or a file without the key, fails a run and its plan by name: same target, same bytes, no new file."""
    with tempfile.TemporaryDirectory() as home:
        program, definition, folder = lived(history, home)
        program.deliver({**folder, BAD: file_of(definition, history, key=null, filled=not null)})
        files, stored, exported = program.files(), program.stored(), program.exported()
        for plan in (True, False):
            with pytest.raises(LoadFailed) as failure:
                program.load(definition, plan=plan, settings=Settings(on_error="abort"))
            assert {problem.path for problem in failure.value.problems} == {BAD}
            assert (program.files(), program.stored(), program.exported()) == (files, stored, exported)
        program.deliver(folder)
        assert program.load(definition).status == "nothing new"


@share(8)
@given(KEYED, st.booleans())
def test_skip_file_leaves_a_file_out_whole(history: History, new: bool) -> None:
    """A new file with a problem is skipped, of a changed one the old version stays, and each run says so."""
    with tempfile.TemporaryDirectory() as home:
        program, definition, folder = lived(history, home)
        path = BAD if new else min(folder)
        program.deliver({**folder, path: file_of(definition, history, key=False, filled=True)})
        stored, exported = program.stored(), program.exported()
        for _ in range(2):
            load = program.load(definition, settings=Settings(on_error="skip_file"))
            assert (load.skipped, load.stale) == (((path,), ()) if new else ((), (path,)))
            assert (program.stored(), program.exported()) == (stored, exported)

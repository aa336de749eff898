"""Conflicts: what a load meets of keys that two files claim with different values is what the oracle counts."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import Row, Target, Value, derive
from oracle.books import _before, comparable

import etl
from etl.config import Settings
from etl.errors import LoadFailed
from etl.move.conflicts import LONGEST
from laws.histories import History, histories
from laws.laws import Scene, share, walk
from laws.program import TABLE, Program

KEYED = st.one_of(histories("fresh"), histories("accumulating")).filter(
    lambda history: any(delivery.step.definition.keyed for delivery in history.deliveries))


def met(scene: Scene) -> dict[tuple[Value, ...], list[Row]]:
    """Per key, the rows that this load meets beside the winner: those that came, and the one that stood before."""
    before, after = scene.before, scene.outcome.target
    everything = before.definition is None or not before.loaded
    standing = {}
    if before.definition is not None and not everything:
        if comparable(before.definition, after.definition):
            standing = _before(derive(before.loaded, before.definition), after)
        else:
            everything = True
    came = {*scene.outcome.new, *scene.outcome.changed}
    found: dict[tuple[Value, ...], list[Row]] = {}
    for row in after.accepted:
        if everything or row.path in came or standing.get(after.key(row)) == row:
            found.setdefault(after.key(row), []).append(row)
    return found


def conflicts(scene: Scene) -> tuple[int, Counter[tuple[str, str, str]]]:
    """How many keys are in conflict, and how many by the file that wins, the other one and the column."""
    after: Target = scene.outcome.target
    if not after.definition.keyed:
        return 0, Counter()
    best = max if after.definition.strategy == "update" else min
    winners, keys, counted = {after.key(row): row for row in after.rows}, 0, Counter[tuple[str, str, str]]()
    for key, rows in met(scene).items():
        winner, said = winners[key], set()
        for path in {row.path for row in rows} - {winner.path}:
            other = best((row for row in rows if row.path == path), key=after.position)
            said |= {(winner.path, path, shown) for column, shown in after.shown.items()
                     if after.value(winner, column) != after.value(other, column)}
        counted.update(said)
        keys += bool(said)
    return keys, counted


def conflicts_are_the_oracles(scene: Scene) -> Generator[None]:
    """Keys, pairs of files and columns, with samples that are so, and the same in the ledger."""
    yield
    if scene.load is None or scene.load.load_id is None:
        return
    keys, counted = conflicts(scene)
    found = scene.load.conflicts
    assert found.keys == keys
    assert {(each.path, each.other, each.column): each.keys for each in found.found} == dict(counted)
    assert all(0 < len(each.samples) == min(each.keys, 3) for each in found.found)
    assert not [sample for each in found.found for sample in each.samples
                if sample.value == sample.other and len(sample.value or "") < LONGEST]
    with duckdb.connect(str(scene.program.warehouse), read_only=True) as connection:
        kept = connection.execute('SELECT path, other_path, "column", keys FROM etl.conflict WHERE load_id = ?',
                                  [scene.load.load_id]).fetchall()
    assert {tuple(row[:3]): row[3] for row in kept} == dict(counted)


@share(2)
@given(KEYED)
def test_conflicts_are_those_of_the_oracle(history: History) -> None:
    """Over random histories, by deltas and rebuilds alike."""
    walk(history, conflicts_are_the_oracles)


def put(program: Program, **files: str) -> None:
    """Sources by name."""
    for name, text in files.items():
        (program.sources / f"{name}.csv").write_text(text, encoding="utf-8")


def run(program: Program, most: int | None = None, *, plan: bool = False) -> etl.Load:
    """A load by key into the accumulating warehouse."""
    return etl.run(etl.Dataset(source_dir=str(program.sources), output=str(program.output), table=TABLE,
                               strategy="update", key=("id",)),
                   warehouse=program.warehouse, settings=replace(Settings(), max_conflicts=most), plan=plan)


def test_more_conflicts_than_let_pass_fail_the_load_before_the_merge() -> None:
    """A run and a plan fail with a sentence and the samples, the target stays; the bound itself passes."""
    with tempfile.TemporaryDirectory() as home:
        program = Program(Path(home), "accumulating")
        put(program, a="id,n\n1,x\n2,y\n3,z\n")
        assert run(program, 0).conflicts.keys == 0
        put(program, b="id,n\n1,X\n2,Y\n3,z\n3,z\n")
        stored, exported = program.stored(), program.exported()
        for plan in (True, False):
            with pytest.raises(LoadFailed, match=r"2 keys are claimed by two files .* --max-conflicts 1 ") as failure:
                run(program, 1, plan=plan)
            assert [(p.code, p.path, p.column, p.text) for p in failure.value.problems] == [
                ("conflict", "a.csv", "n", "x"), ("conflict", "a.csv", "n", "y")]
            assert (program.stored(), program.exported()) == (stored, exported)
        load = run(program, 2)
        assert load.conflicts.keys == 2
        (found,) = load.conflicts.found
        assert (found.path, found.other, found.column, found.keys) == ("b.csv", "a.csv", "n", 2)
        assert [(s.key, s.value, s.other) for s in found.samples] == [(("1",), "X", "x"), (("2",), "Y", "y")]


def test_two_rows_of_one_file_are_no_conflict() -> None:
    """A file that says a key twice is its own affair: its best row is what it says of the key."""
    with tempfile.TemporaryDirectory() as home:
        program = Program(Path(home), "accumulating")
        put(program, a="id,n\n1,x\n1,y\n", b="id,n\n1,x\n1,y\n")
        assert run(program, 0).conflicts.keys == 0

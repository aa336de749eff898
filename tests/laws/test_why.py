"""Who claimed a key, who won and by which rule, against every version that the oracle saw come and go."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import Row, State, Table, Target, Type, Value, advance, derive
from oracle.kinds import Misfit, value
from oracle.target import records

from etl.inspect import why
from etl.result import Listing
from laws.histories import History, histories
from laws.laws import share
from laws.program import TABLE, Program

ASKED = 4  # keys, or rows, of each history


@dataclass
class Version:
    """A version of a path, by the load that staged it and the one that let it go."""

    path: str
    table: Table
    came: int
    left: int | None = None


@dataclass
class Lived:
    """What a history came to: every version there ever was, and the oracle's state at the end."""

    program: Program
    state: State = field(default_factory=State)
    versions: list[Version] = field(default_factory=list)

    @property
    def target(self) -> Target:
        """At the end."""
        assert self.state.definition is not None
        return derive(self.state.loaded, self.state.definition)

    def rows(self) -> list[tuple[Row, Version]]:
        """All that were ever staged."""
        return [(row, version) for version in self.versions for row in records(version.path, version.table)]


def lived(history: History, home: str) -> Lived:
    """Live through a history, keeping count of what came and left with each load."""
    found = Lived(Program(Path(home), history.kind, history.delimiter))
    for delivery in history.deliveries:
        found.program.deliver(delivery.step.folder)
        outcome = advance(found.state, delivery.step, history.kind)
        load = found.program.load_if_found(delivery.step.definition)
        if load is not None and load.load_id is not None:
            for version in found.versions:
                if version.left is None and version.path in (*outcome.changed, *outcome.gone):
                    version.left = load.load_id
            found.versions += [Version(path, outcome.state.loaded[path], load.load_id)
                               for path in (*outcome.new, *outcome.changed)]
        found.state = outcome.state
    return found


def several(history: History) -> bool:
    """Whether three paths or more were ever loaded."""
    return len({path for delivery in history.deliveries for path in delivery.step.folder}) >= 3


def asked(listing: Listing) -> list[dict[str, object]]:
    """The rows by heading."""
    return [dict(zip(listing.headings, row, strict=True)) for row in listing.rows]


def is_said(text: object, wanted: Value, of: Type) -> bool:
    """Whether a text says a value of a type, as DuckDB prints it."""
    if text is None or wanted is None:
        return text is wanted
    if of.word in ("DOUBLE", "DECIMAL"):
        return Decimal(str(text)) == wanted
    return value(str(text), of) == wanted


def key_texts(target: Target, row: Row) -> tuple[str | None, ...]:
    """What the cells of the key say."""
    return tuple(target.definition.said(row.cells.get(name)) for name in target.definition.key)


def claims(target: Target, row: Row, texts: tuple[str | None, ...]) -> bool:
    """Whether a row's cells say a key: the same text, or an equal value of the column's type."""
    for name, text in zip(target.definition.key, texts, strict=True):
        cell, of = target.definition.said(row.cells.get(name)), target.types.get(name, Type("VARCHAR"))
        if cell is None or text is None:
            return False
        equal = value(cell, of) == value(text, of)
        if cell != text and not equal:
            return False
    return True


def rule(target: Target, row: Row, rivals: list[Row]) -> str:
    """What tells a row from the best of its rivals: the first part of their positions that differs."""
    if not rivals:
        return "only claim"
    order, path, _ = target.position(row)
    other_order, other_path, _ = target.position(rivals[0])
    return "order_by" if order != other_order else "path" if path != other_path else "row"


def hold_to_oracle(found: Lived, texts: tuple[str | None, ...]) -> None:
    """Ask for a key and hold every part of the answer."""
    target = found.target
    answer = asked(why(found.program.warehouse, TABLE, [str(text) for text in texts], None, 5))
    everything = [(row, version) for row, version in found.rows() if claims(target, row, texts)]
    live = [row for row, version in everything if version.left is None]
    live.sort(key=target.position, reverse=target.definition.strategy == "update")
    assert {(c["path"], c["row"], c["staged by load"], c["state"], c["load"]) for c in answer} == {
        (row.path, row.number, version.came, "loaded" if version.left is None else "left", version.left or version.came)
        for row, version in everything}
    assert len(answer) == len(everything)
    assert [(c["path"], c["row"]) for c in answer if c["state"] == "loaded"] == [(r.path, r.number) for r in live]
    assert [c["wins"] for c in answer] == [bool(live) and place == 0 for place in range(len(answer))]
    for row, claim in zip(live, answer, strict=False):
        assert claim["rule"] == rule(target, row, [other for other in live if other is not row])
        said = claim["values"]
        assert isinstance(said, dict)
        assert all(is_said(said[name], target.value(row, name), of) for name, of in target.types.items())
        differs = [name for name in target.shown if target.value(row, name) != target.value(live[0], name)]
        assert claim["differs in"] == (None if row is live[0] else differs)
    if live:
        assert live[0] in target.rows


@share(6)
@given(st.one_of(histories("fresh"), histories("accumulating")).filter(several), st.randoms(use_true_random=False))
def test_why_is_what_the_oracle_saw(history: History, chance: object) -> None:
    """Every row that ever claimed a key, its loads, its state, its values, the winner and the rule; also by place."""
    with tempfile.TemporaryDirectory() as home:
        found = lived(history, home)
        if found.state.definition is None or not found.program.warehouse.exists():
            return
        target, rows = found.target, found.rows()
        if not rows:
            return
        picked = [chance.choice(rows)[0] for _ in range(ASKED)]  # type: ignore[attr-defined]
        keys = {key_texts(target, row) for row in picked} if target.definition.keyed else set()
        for texts in keys:
            if None not in texts:
                hold_to_oracle(found, texts)
        for row in {(row.path, row.number): row for row in picked}.values():
            answer = asked(why(found.program.warehouse, TABLE, [], f"{row.path}:{row.number}", 5))
            here = [version for other, version in rows if (other.path, other.number) == (row.path, row.number)]
            said = [c for c in answer if (c["path"], c["row"]) == (row.path, row.number)]
            assert {c["staged by load"] for c in said} <= {version.came for version in here}
            loaded = [other for other in (*target.accepted, *target.rejected)
                      if (other.path, other.number) == (row.path, row.number)]
            if not target.definition.keyed:
                assert len(said) == len(here)
                assert [c["wins"] for c in answer] == [bool(loaded) and not place for place in range(len(answer))]
            for other in loaded:
                states = [c["state"] for c in said]
                assert ("rejected" if other in target.rejected else "loaded") in states


def test_a_misfit_has_no_say() -> None:
    """The oracle's misfit equals nothing, so a key is never found by a text that is none of its type."""
    assert value("x", Type("BIGINT")) != value("x", Type("BIGINT"))
    assert isinstance(value("1.0", Type("BIGINT")), Misfit)


@pytest.mark.parametrize("strategy", ["append", "deduplicate", "update"])
@share(12)
@given(st.data())
def test_why_of_each_strategy(strategy: str, data: st.DataObject) -> None:
    """The same for each of the strategies, whatever histories chance upon."""
    drawn = data.draw(st.one_of(histories("fresh", steps=3), histories("accumulating", steps=3)).filter(
        lambda h: several(h) and h.deliveries[-1].step.definition.strategy == strategy))
    test_why_is_what_the_oracle_saw.hypothesis.inner_test(drawn, data.draw(st.randoms(use_true_random=False)))

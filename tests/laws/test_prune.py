"""A pruned warehouse behaves as one that was not: two lives of one seed, of which one is pruned again and again."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

import pytest
from oracle.moves import Refused, World

import etl
from etl.config import Settings
from etl.errors import LoadFailed, UsageError
from etl.inspect import verify
from etl.result import Load
from laws.laws import comparable
from laws.live import SETTINGS, Subject, _oracle, _words_of, home
from laws.lives import Asked, Life, begin, drawn, step
from laws.program import TABLE

LIVES = int(os.environ.get("ETL_EXAMPLES", "12")) // 4
STEPS = 7


def takes_what_was_pruned(subject: Subject, asked: Asked) -> bool:
    """Whether a step is one of those that a prune takes away, which the pruned warehouse says in a sentence."""
    opened = etl.open(subject.warehouse, SETTINGS)
    try:
        if asked.command == "rollback":
            opened.rollback(subject.ids[asked.load], plan=True)
        elif asked.command == "reload":
            return any(warning.code == "pruned" for warning in opened.reload(TABLE, *asked.paths, plan=True).warnings)
    except UsageError as error:
        return "pruned at" in str(error) or "cannot be rolled back itself" in str(error)
    except LoadFailed:
        pass
    return False


def same(one: Load | None, other: Load | None) -> bool:
    """Whether two loads came to the same."""
    found = [None if load is None else comparable(replace(load, warehouse="", output=None)) for load in (one, other)]
    return found[0] == found[1]


def both(kept: Subject, pruned: Subject, asked: Asked, world: World) -> World:
    """Do a step in both warehouses, and hold one against the other."""
    for subject in (kept, pruned):
        subject.bring({path: table.content() for path, table in asked.folder.items()})
    try:
        after = _oracle(world, asked).world
    except Refused:
        after = world
    if takes_what_was_pruned(pruned, asked):
        return world
    loads = [subject.ask(asked) for subject in (kept, pruned)]
    assert same(*loads), f"{asked.command}: {loads}"
    assert (kept.stored(), kept.exported()) == (pruned.stored(), pruned.exported())
    for subject, load in zip((kept, pruned), loads, strict=True):
        if load is not None and load.load_id is not None:
            subject.ids.append(load.load_id)
        if load is not None and asked.command != "run":
            subject.stored_words = _words_of(after, subject.stored_words)
    return after


def prunes(subject: Subject) -> int:
    """Prune, as planned, and find that all that is left is in order; how many versions went."""
    opened, stored = etl.open(subject.warehouse), subject.stored()
    planned, done = opened.prune(plan=True), opened.prune()
    assert planned.rows == done.rows
    assert subject.stored() == stored
    assert verify(subject.warehouse, None, files=False, settings=Settings(threads=1)).rows == ()
    return len(done.rows)


def live_twice(seed: str) -> int:
    """Live a life in two warehouses, one of them pruned now and then; how many versions were pruned."""
    life: Life = begin(seed)
    world, chance, gone = World(life.kind), Random(seed), 0  # noqa: S311  to be drawn again
    with home() as one, home() as other:
        kept, pruned = Subject(one, life.kind, life.delimiter), Subject(other, life.kind, life.delimiter)
        for number in range(STEPS):
            asked = replace(step(life, world), spoil="", rewrite=False)
            try:
                world = both(kept, pruned, asked, world)
                if chance.random() < 0.5:
                    gone += prunes(pruned)
            except Exception as error:
                error.add_note(f"life {seed!r}, step {number}: {asked}")
                raise
    return gone


@pytest.mark.slow
def test_a_pruned_warehouse_behaves_as_one_that_was_not() -> None:
    """Targets, exports, books, plans, holds and refusals are the same, but for what cannot be brought back any more."""
    chosen = drawn()
    assert sum(live_twice(f"{chosen}/{number}") for number in range(LIVES)) > 0

"""What a plan tells beyond the books is so: values that change by column, rows that leave or come back by file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

from hypothesis import given
from hypothesis import strategies as st
from oracle import Row, Target, Value, derive
from oracle.books import _before, _seen, comparable
from oracle.kinds import Misfit

from etl.load.saved import promised
from laws.histories import History, histories
from laws.laws import Scene, share, walk

Effects = Counter[tuple[str, str]]


def kept(scene: Scene) -> tuple[Target, Target, dict[tuple[Value, ...], Row]]:
    """The target before and after, and the rows before by their key, where they can be compared."""
    after = scene.outcome.target
    before = derive(scene.before.loaded, scene.before.definition or after.definition)
    if comparable(before.definition, after.definition) and after.definition.keyed:
        return before, after, _before(before, after)
    return before, after, {}


def effects(scene: Scene) -> Effects:
    """The rows that are removed, returned and restored, by file."""
    before, after, present = kept(scene)
    came, counted = {*scene.outcome.new, *scene.outcome.changed}, Effects()
    stays = [row for row in after.rows if row.path not in came]
    if not after.definition.keyed:
        same = set(before.rows) if comparable(before.definition, after.definition) else set()
        counted.update((row.path, "removed") for row in before.rows if row not in same or row not in set(stays))
        counted.update((row.path, "returned") for row in stays if row not in same)
        return counted
    winners = {after.key(row): row for row in after.rows}
    represented = Counter(row for key, row in present.items() if key in winners)
    counted.update((row.path, "removed") for row in before.rows if not represented[row])
    for row in stays:
        old = present.get(after.key(row))
        if old != row:
            counted[row.path, "returned" if old is None else "restored"] += 1
    return counted


def updates(scene: Scene) -> Counter[str]:
    """How many updated rows change in each column; what cannot be read under a new type is NULL."""
    before, after, present = kept(scene)
    came, counted = {*scene.outcome.new, *scene.outcome.changed}, Counter[str]()
    for row in after.rows if after.definition.keyed else ():
        old = present.get(after.key(row))
        if row.path not in came or old is None:
            continue
        for column, shown in after.shown.items():
            seen = _seen(old, column, before, after)
            counted[shown] += (None if isinstance(seen, Misfit) else seen) != after.value(row, column)
    return +counted


def a_plan_looks_ahead(scene: Scene) -> Generator[None]:
    """The same as the oracle counts, in sum with the books; the run does not tell it again."""
    planned = scene.program.load_if_found(scene.delivery.step.definition, plan=True)
    yield
    if planned is None or scene.load is None or planned.status == "nothing new":
        return
    counted = {(effect.path, word): getattr(effect, word) for effect in planned.effects
               for word in ("removed", "returned", "restored") if getattr(effect, word)}
    assert counted == dict(effects(scene))
    for word in ("removed", "returned", "restored"):
        assert sum(number for (_, said), number in counted.items() if said == word) == getattr(scene.load.target, word)
    assert {update.column: update.records for update in planned.updates} == dict(updates(scene))
    assert all(sample.before != sample.after for update in planned.updates for sample in update.samples)
    assert (scene.load.updates, scene.load.effects) == ((), ())
    assert promised(planned) == promised(scene.load)
    columns(scene)


def columns(scene: Scene) -> None:
    """The columns that are added, retyped or gone are those by which the targets differ."""
    assert scene.load is not None
    if scene.before.definition is None or not scene.before.loaded:
        return
    old, new = (derive(scene.before.loaded, scene.before.definition).types, scene.outcome.target.types)
    if old:
        said = {change.name.lower(): (change.before, change.after) for change in scene.load.structure}
        assert said == {name: (str(old[name]) if name in old else None, str(new[name]) if name in new else None)
                        for name in {**old, **new} if old.get(name) != new.get(name)}


@share(5)
@given(st.one_of(histories("fresh"), histories("accumulating")))
def test_a_plan_tells_what_changes(history: History) -> None:
    """Over random histories, by deltas and rebuilds alike."""
    walk(history, a_plan_looks_ahead)

"""The laws. Each is a generator: what stands before its `yield` is done before the run, the rest after it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from pathlib import Path

from hypothesis import settings
from oracle import Outcome, State, Target, Value, advance, export

from etl.result import FileBooks, Load, TargetBooks
from laws.histories import Delivery, History
from laws.program import Program

FILE_COUNTS = ("read", "rejected", "inserted", "updated", "unchanged", "duplicate", "superseded")


@dataclass
class Scene:
    """One step of a history: what the oracle says, and what the program did once it ran.

    Args:
        load: None before the run, and where the program found nothing to load from.
    """

    program: Program
    before: State
    delivery: Delivery
    outcome: Outcome
    load: Load | None = None


Law = Callable[[Scene], Generator[None]]


def share(part: int) -> settings:
    """A part of the examples that the profile asks for."""
    asked = settings.default.max_examples if settings.default else 1
    return settings(max_examples=max(1, asked // part))


def walk(history: History, *laws: Law) -> None:
    """Live through a history and hold the laws at each of its steps."""
    with tempfile.TemporaryDirectory() as home:
        program = Program(Path(home), history.kind, history.delimiter)
        state = State()
        for delivery in history.deliveries:
            outcome = advance(state, delivery.step, history.kind)
            program.deliver(delivery.step.folder, strays=history.strays, rewrite=delivery.rewrite)
            scene = Scene(program, state, delivery, outcome)
            held = [law(scene) for law in laws]
            for law in held:
                next(law)
            scene.load = program.load_if_found(delivery.step.definition)
            assert (scene.load is not None) == outcome.found
            for law in held:
                next(law, None)
            state = outcome.state


def target_is_the_oracles(scene: Scene) -> Generator[None]:
    """The target is a function of the loaded files and the definition: columns, types, values, lineage, export."""
    yield
    hold_target(scene.program, scene.outcome.target)


def hold_target(program: Program, target: Target) -> None:
    """What stands in the warehouse and in the output is this target."""
    stored, exported = program.stored(), program.exported()
    if stored is None:
        assert not target.shown
        assert exported is None or export.differences(target, exported) == []
        return
    assert stored.types == {shown: str(target.types[column]) for column, shown in target.shown.items()}
    key = target.definition.key if target.definition.keyed else ()
    assert stored.primary_key == tuple(target.shown[column] for column in key if column in target.shown)
    assert stored.rows.keys() == {(row.path, row.number) for row in target.rows}
    for row in target.rows:
        read = stored.rows[row.path, row.number]
        for column, shown in target.shown.items():
            value = target.value(row, column)
            place = f"{row.path}, row {row.number}, {shown}"
            assert is_value(read[shown], value), f"{place} is {read[shown]!r} for {value!r}"
    assert exported is not None
    assert export.differences(target, exported) == []


def is_value(read: object, value: Value) -> bool:
    """Whether DuckDB's Python value is the oracle's, digit for digit."""
    if isinstance(read, float):
        return repr(read) != "-0.0" and Decimal(repr(read)) == value
    return type(read) is type(value) and read == value


def books_are_the_oracles(scene: Scene) -> Generator[None]:
    """Every record of every new file is accounted for once, and the target's rows are, as the design words it."""
    yield
    load, outcome = scene.load, scene.outcome
    if load is None:
        return
    assert (load.status == "loaded") == outcome.moved
    assert (load.records, load.versions) == (len(outcome.target.rows), len(outcome.state.loaded))
    assert [(column.name, column.type) for column in load.columns] == [
        (shown, str(outcome.target.types[column])) for column, shown in outcome.target.shown.items()
    ]
    assert (sorted(load.new), sorted(load.changed), sorted(load.gone)) == (
        *[list(paths) for paths in (outcome.new, outcome.changed, outcome.gone)],
    )
    assert (load.stale, load.skipped) == ((), ())
    assert {book.path: file_counts(book) for book in load.files} == {
        path: asdict(counts) for path, counts in outcome.books.files.items()
    }
    assert [book.path for book in load.files] == list(outcome.books.files)
    assert {book.path: (book.lines, book.header, book.blank, book.continuation) for book in load.files} == {
        path: (lines.lines, lines.header, lines.blank, lines.continuation)
        for path, lines in outcome.books.lines.items()
    }
    assert asdict(load.target) == asdict(outcome.books.target)
    rejected = {(problem.path, problem.row) for problem in load.rejects}
    every = {(row.path, row.number) for row in outcome.target.rejected}
    assert {place for place in every if place[0] in outcome.books.files} <= rejected <= every
    if load.load_id is not None:
        assert scene.program.ledger_books(load.load_id) == {
            path: asdict(counts) for path, counts in outcome.books.files.items()
        }


def file_counts(book: FileBooks) -> dict[str, int]:
    """The verdict counts of a file."""
    return {word: getattr(book, word) for word in FILE_COUNTS}


def books_balance(scene: Scene) -> Generator[None]:
    """The sums of the books hold, whatever they say: per file, over the files, of the target and of the lines."""
    yield
    if scene.load is not None:
        hold_sums(scene.load)


def hold_sums(load: Load) -> None:
    """The identities of the books of a load."""
    for book in load.files:
        assert book.read == sum(getattr(book, word) for word in FILE_COUNTS if word != "read")
        assert book.lines == book.header + book.skipped + book.blank + book.read + book.continuation
    target: TargetBooks = load.target
    assert target.after == target.before + target.inserted + target.returned - target.removed
    assert target.after == load.records
    for word in ("inserted", "updated", "unchanged", "duplicate", "superseded"):
        assert getattr(target, word) == sum(getattr(book, word) for book in load.files)


def twice_is_once(scene: Scene) -> Generator[None]:
    """A second run has nothing to do: nothing new, the same target, the same bytes."""
    yield
    if scene.load is None or not scene.delivery.again:
        return
    program = scene.program
    stored, exported = program.stored(), program.exported()
    again = program.load(scene.delivery.step.definition)
    assert (again.status, again.load_id) == ("nothing new", None)
    assert (again.records, again.versions) == (scene.load.records, scene.load.versions)
    assert again.columns == scene.load.columns
    assert program.exported() == exported
    assert program.stored() == stored


def load_equals_rebuild(scene: Scene) -> Generator[None]:
    """The loaded files, loaded at once in another place, give the same target and the same bytes."""
    yield
    if scene.load is None or not scene.delivery.rebuild:
        return
    with tempfile.TemporaryDirectory() as home:
        other = Program(Path(home), "fresh", scene.program.delimiter)
        other.deliver(scene.outcome.state.loaded)
        built = other.load(scene.delivery.step.definition)
        assert other.exported() == scene.program.exported()
        assert other.stored() == scene.program.stored()
        # Why a column is text may be said of another cell: the first that was met, or the first in order.
        assert [(column.name, column.type) for column in built.columns] == [
            (column.name, column.type) for column in scene.load.columns
        ]


def plan_is_what_run_does(scene: Scene) -> Generator[None]:
    """A plan says what the run then does, and changes nothing."""
    if not scene.delivery.plan:
        yield
        return
    program = scene.program
    files, stored, exported = program.files(), program.stored(), program.exported()
    planned = program.load_if_found(scene.delivery.step.definition, plan=True)
    assert program.files() == files
    assert program.stored() == stored
    assert program.exported() == exported
    yield
    assert (planned is None) == (scene.load is None)
    if planned is not None and scene.load is not None:
        assert planned.load_id is None
        assert planned.status == ("planned" if scene.outcome.moved else "nothing new")
        assert comparable(planned) == comparable(scene.load)


def comparable(load: Load) -> dict[str, object]:
    """What a plan and its run say alike: all but ids, the file, the time it took, and what only a plan tells."""
    said = {field.name: getattr(load, field.name) for field in fields(load)}
    for word in ("load_id", "status", "seconds", "warehouse", "updates", "effects"):
        del said[word]
    said["files"] = [{**asdict(book), "version_id": None} for book in load.files]
    return said


EVERY_LAW: tuple[Law, ...] = (
    target_is_the_oracles,
    books_balance,
    books_are_the_oracles,
    plan_is_what_run_does,
    load_equals_rebuild,
    twice_is_once,
)

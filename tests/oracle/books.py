"""Histories: what each step loads, the verdict on each new row, and the books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from oracle.kinds import Misfit, Value
from oracle.table import Lines, Table
from oracle.target import Definition, Row, Target, derive, position

Kind = Literal["fresh", "accumulating"]
Verdict = Literal["inserted", "updated", "unchanged", "duplicate", "superseded"]
Key = tuple[Value, ...]


@dataclass(frozen=True)
class Step:
    """What a run meets: the whole content of the folder, and the definition that is in force."""

    folder: Mapping[str, Table]
    definition: Definition


@dataclass(frozen=True)
class State:
    """The loaded versions and the definition; nothing is loaded and nothing defined before the first load."""

    loaded: Mapping[str, Table] = field(default_factory=dict)
    definition: Definition | None = None


@dataclass(frozen=True)
class FileCounts:
    """What became of each record of a file that this load brought."""

    read: int
    rejected: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    superseded: int = 0


@dataclass(frozen=True)
class TargetCounts:
    """What became of the target: `after = before + inserted + returned - removed`."""

    before: int
    after: int
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    superseded: int = 0
    returned: int = 0
    removed: int = 0
    restored: int = 0


@dataclass(frozen=True)
class Books:
    """The books of a load: per file that it brought, in order of rank, and of the target."""

    files: Mapping[str, FileCounts]
    lines: Mapping[str, Lines]
    target: TargetCounts


@dataclass(frozen=True)
class Outcome:
    """What a step comes to.

    Args:
        found: Whether there was anything to load from; where not, the run fails and all is as it was.
        moved: Whether a file or the definition changed.
        new: Paths that were not loaded before; likewise `changed` and `gone`.
    """

    state: State
    target: Target
    books: Books
    found: bool = True
    moved: bool = True
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def walk(steps: Iterable[Step], kind: Kind) -> Iterator[Outcome]:
    """The outcome of each step of a history, from nothing loaded."""
    state = State()
    for step in steps:
        outcome = advance(state, step, kind)
        yield outcome
        state = outcome.state


def advance(state: State, step: Step, kind: Kind) -> Outcome:
    """One run: a fresh warehouse follows the folder, an accumulating one keeps what is gone."""
    folder = dict(step.folder)
    loaded = folder if kind == "fresh" else {**state.loaded, **folder}
    old = derive(state.loaded, state.definition or step.definition)
    if not loaded:
        return Outcome(state, old, still(old), found=False, moved=False)
    new = derive(loaded, step.definition)
    came = {path for path, table in folder.items() if _content(state.loaded, path) != table.content()}
    known = state.loaded.keys()
    return Outcome(
        State(loaded, step.definition),
        new,
        books_of(old, new, {path: loaded[path] for path in sorted(came)}),
        moved=bool(came) or loaded.keys() != known or step.definition != state.definition,
        new=tuple(sorted(came - known)),
        changed=tuple(sorted(came & known)),
        gone=tuple(sorted(known - loaded.keys())),
    )


def _content(loaded: Mapping[str, Table], path: str) -> bytes | None:
    return loaded[path].content() if path in loaded else None


def still(target: Target) -> Books:
    """The books of what moved nothing."""
    return Books({}, {}, TargetCounts(len(target.rows), len(target.rows)))


def books_of(old: Target, new: Target, came: Mapping[str, Table]) -> Books:
    """The books of a move from one target to another that brought these files."""
    count = _counts_of_append if not new.definition.keyed else _counts_of_keys
    verdicts, target = count(old, new, came)
    files = {
        path: FileCounts(
            read=len(table.rows),
            rejected=sum(row.path == path for row in new.rejected),
            **_tally(verdict for row, verdict in verdicts if row.path == path),
        )
        for path, table in came.items()
    }
    total = _tally(verdict for _, verdict in verdicts)
    books = Books(files, {path: table.lines() for path, table in came.items()}, replace(target, **total))
    _check(books)
    return books


def _tally(verdicts: Iterable[Verdict]) -> dict[str, int]:
    tally = {"inserted": 0, "updated": 0, "unchanged": 0, "duplicate": 0, "superseded": 0}
    for verdict in verdicts:
        tally[verdict] += 1
    return tally


def _check(books: Books) -> None:
    """The oracle's own books balance."""
    for counts in books.files.values():
        fields = asdict(counts)
        assert fields.pop("read") == sum(fields.values()), counts
    target = books.target
    assert target.after == target.before + target.inserted + target.returned - target.removed, target


def comparable(old: Definition, new: Definition) -> bool:
    """Whether rows before and after can be told to be the same: `append` has no key."""
    return old.strategy == new.strategy and (not new.keyed or old.key == new.key)


Counted = tuple[list[tuple[Row, Verdict]], TargetCounts]


def _counts_of_append(old: Target, new: Target, came: Mapping[str, Table]) -> Counted:
    """A row is itself: what a file brought is inserted, what left with one is removed."""
    verdicts: list[tuple[Row, Verdict]] = [(row, "inserted") for row in new.rows if row.path in came]
    stays = [row for row in new.rows if row.path not in came]
    before = set(old.rows) if comparable(old.definition, new.definition) else set()
    returned = sum(row not in before for row in stays)
    kept = len(stays) - returned
    return verdicts, TargetCounts(len(old.rows), len(new.rows), returned=returned, removed=len(old.rows) - kept)


def _counts_of_keys(old: Target, new: Target, came: Mapping[str, Table]) -> Counted:
    """The verdict on every new row, and what became of every key."""
    before = _before(old, new) if comparable(old.definition, new.definition) else {}
    winners = {new.key(row): row for row in new.rows}

    def verdict(row: Row) -> Verdict:
        winner, present = winners[new.key(row)], before.get(new.key(row))
        if winner != row:
            return "duplicate" if winner.path in came else "superseded"
        if present is None:
            return "inserted"
        columns = {**old.shown, **new.shown}
        equal = all(_seen(present, column, old, new) == new.value(row, column) for column in columns)
        return "unchanged" if equal else "updated"

    verdicts = [(row, verdict(row)) for row in new.accepted if row.path in came]
    returned = [key for key, winner in winners.items() if key not in before and winner.path not in came]
    restored = [
        key for key, winner in winners.items() if key in before and winner.path not in came and winner != before[key]
    ]
    present = sum(key in winners for key in before)
    counts = TargetCounts(
        before=len(old.rows),
        after=len(new.rows),
        returned=len(returned),
        removed=len(old.rows) - present,
        restored=len(restored),
    )
    return verdicts, counts


def _seen(row: Row, column: str, old: Target, new: Target) -> Value | Misfit:
    """A cell of the target before, as it compares with the target after.

    Where its column changed type, its text is read again under the new type, and as the new definition reads cells.
    """
    if column in old.types and column in new.types and old.types[column] != new.types[column]:
        return row.value(column, new.types[column], new.definition)
    return old.value(row, column)


def _before(old: Target, new: Target) -> dict[Key, Row]:
    """The rows before by their key under the new types.

    A row whose key cannot be read so has none. Where several fall on one key, the best by strategy and new position
    stands for it; an order value that cannot be read is lowest, like NULL.
    """
    found: dict[Key, list[Row]] = {}
    for row in old.rows:
        key = tuple(_seen(row, column, old, new) for column in new.definition.key)
        readable = tuple(part for part in key if part is not None and not isinstance(part, Misfit))
        if len(readable) == len(key):
            found.setdefault(readable, []).append(row)

    def place(row: Row) -> tuple[tuple[int, object], str, int]:
        order = _seen(row, new.definition.order_by, old, new) if new.definition.order_by else None
        return position(None if isinstance(order, Misfit) else order, row)

    best = max if new.definition.strategy == "update" else min
    return {key: best(rows, key=place) for key, rows in found.items()}

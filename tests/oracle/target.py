"""The target: a pure function of the loaded files and the definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from oracle import kinds, names
from oracle.kinds import Misfit, Type, Value
from oracle.table import Cell, Table

Strategy = Literal["append", "deduplicate", "update"]
Contract = Literal["evolve", "freeze", "discard_row"]
Position = tuple[tuple[int, object], str, int]


@dataclass(frozen=True)
class Definition:
    """What turns rows into the target; columns by the form in which their names match.

    Args:
        declared: Declared types by column: of a plain word or DECIMAL(p,s), of columns that files have.
        frozen: The structure that a contract holds to, in order; found when the contract is first asked for.
    """

    strategy: Strategy = "append"
    key: tuple[str, ...] = ()
    order_by: str | None = None
    names: Literal["lower", "keep"] = "lower"
    trim: bool = True
    nulls: tuple[str, ...] = ()
    declared: tuple[tuple[str, str], ...] = ()
    contract: Contract = "evolve"
    frozen: tuple[tuple[str, Type], ...] = ()

    @property
    def stated(self) -> dict[str, Type]:
        """Types that the cells have no say in: what is declared goes before what a contract holds to."""
        return {**dict(self.frozen), **{column: kinds.stated(word) for column, word in self.declared}}

    @property
    def held(self) -> tuple[str, ...]:
        """The columns that a contract holds to: those frozen, then those declared besides."""
        if not self.frozen:
            return ()
        return tuple(dict.fromkeys([*dict(self.frozen), *dict(self.declared)]))

    @property
    def keyed(self) -> bool:
        """Whether the target has one row a key."""
        return self.strategy != "append"

    def said(self, cell: Cell) -> str | None:
        """What a cell says: its text, or None for NULL."""
        if cell is None:
            return None
        text = cell.strip(names.WHITE_SPACE) if self.trim else cell
        if (not text and cell) or text in self.nulls:
            return None
        return text


@dataclass(frozen=True)
class Row:
    """A record of a file version: its place, and its cells as the file says them, by matching name."""

    path: str
    number: int
    content: bytes = field(repr=False)
    cells: Mapping[str, Cell] = field(compare=False)

    def value(self, column: str, of: Type, definition: Definition) -> Value | Misfit:
        """What a cell says under a type; a column that the file lacks is NULL."""
        return kinds.value(definition.said(self.cells.get(column)), of)


@dataclass(frozen=True)
class Target:
    """The target of a state.

    Args:
        shown: Columns in derived order: matching name to the name that is shown.
        types: Matching name to type.
        rows: In the order of the export.
        accepted: The rows that it is made of, in order of (path, row); `rejected` are the others.
    """

    definition: Definition
    shown: Mapping[str, str]
    types: Mapping[str, Type]
    rows: tuple[Row, ...]
    accepted: tuple[Row, ...]
    rejected: tuple[Row, ...]

    def value(self, row: Row, column: str) -> Value:
        """A cell of the target; NULL for a column that it has not."""
        if column not in self.types:
            return None
        found = row.value(column, self.types[column], self.definition)
        assert not isinstance(found, Misfit)
        return found

    def values(self, row: Row) -> tuple[Value, ...]:
        """A row of the target, in derived order."""
        return tuple(self.value(row, column) for column in self.shown)

    def key(self, row: Row) -> tuple[Value, ...]:
        """A row's key under the derived types."""
        return tuple(self.value(row, column) for column in self.definition.key)

    def position(self, row: Row) -> Position:
        """Where a row stands in the total order."""
        order_by = self.definition.order_by
        return position(self.value(row, order_by) if order_by else None, row)


def position(order: Value, row: Row) -> Position:
    """NULL lowest, then the path code point by code point, then the row."""
    return ((0, 0) if order is None else (1, order)), row.path, row.number


def records(path: str, table: Table) -> list[Row]:
    """The records of a file, numbered from 1."""
    header = [name.match for name in names.of_header(table.header)]
    content = table.content()
    return [
        Row(path, number, content, dict(zip(header, row, strict=True)))
        for number, row in enumerate(table.rows, start=1)
    ]


def derive(loaded: Mapping[str, Table], definition: Definition) -> Target:
    """The target of the loaded files under a definition."""
    shown = _shown(loaded, definition)
    rows = [row for path in sorted(loaded) for row in records(path, loaded[path])]
    for path, table in loaded.items():
        _hold_to_key(path, table, definition)
    good = tuple(row for row in rows if accepted(row, definition))
    rejected = tuple(row for row in rows if not accepted(row, definition))
    types = {
        column: kinds.column_type(definition.said(row.cells.get(column)) for row in good) for column in shown
    } | {column: of for column, of in definition.stated.items() if column in shown}
    everything = Target(definition, shown, types, good, good, rejected)
    return replace(everything, rows=_kept(everything))


def _shown(loaded: Mapping[str, Table], definition: Definition) -> dict[str, str]:
    """Columns in order of first appearance over (path, place in the header)."""
    shown: dict[str, str] = {}
    for path in sorted(loaded):
        for name in names.of_header(loaded[path].header):
            shown.setdefault(name.match, name.spelled if definition.names == "keep" else name.match)
    if not definition.frozen or not loaded:
        return shown
    return {column: shown.get(column, column) for column in definition.held
            if column in shown or column in dict(definition.frozen)}


def _hold_to_key(path: str, table: Table, definition: Definition) -> None:
    """A file without a key or order column cannot be loaded, so it is no part of a state."""
    header = {name.match for name in names.of_header(table.header)}
    needed = {*(definition.key if definition.keyed else ()), *([definition.order_by] if definition.order_by else ())}
    if table.header and not needed <= header:
        raise ValueError(f"{path} lacks {sorted(needed - header)}")
    held = set(definition.held)
    if held and not needed <= held:
        raise ValueError(f"the contract lacks {sorted(needed - held)}")
    if held and definition.contract == "freeze" and not header <= held:
        raise ValueError(f"{path} has {sorted(header - held)}, which the contract has not")


def misfits(row: Row, definition: Definition) -> bool:
    """Whether a cell does not fit what a contract holds its column to, and nothing else is wrong with the row."""
    free = replace(definition, contract="evolve", frozen=())
    held = replace(free, frozen=tuple((name, of) for name, of in definition.frozen if name not in dict(free.declared)))
    return accepted(row, free) and not accepted(row, held)


def accepted(row: Row, definition: Definition) -> bool:
    """A row whose key is not NULL and whose cells fit the stated types and, under `discard_row`, the columns."""
    for column, of in definition.stated.items():
        text = definition.said(row.cells.get(column))
        if text is not None and not kinds.fits(text, of):
            return False
    if definition.held and definition.contract == "discard_row" and any(
            definition.said(cell) is not None for column, cell in row.cells.items() if column not in definition.held):
        return False
    return not definition.keyed or all(definition.said(row.cells[column]) is not None for column in definition.key)


def _kept(target: Target) -> tuple[Row, ...]:
    """The strategy: which of the accepted rows the target holds, in the order of the export."""
    ordered = sorted(target.rows, key=target.position)
    if not target.definition.keyed:
        return tuple(ordered)
    winners: dict[tuple[Value, ...], Row] = {}
    for row in ordered:
        if target.definition.strategy == "update":
            winners[target.key(row)] = row
        else:
            winners.setdefault(target.key(row), row)
    # The values of one column are of one type, and no key is NULL: they compare. Text compares by code point, which is
    # the order of its UTF-8 bytes.
    return tuple(winners[key] for key in sorted(winners))

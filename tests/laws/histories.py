"""Random folders and histories: what people deliver, and what they should not have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st
from oracle import Cell, Definition, Kind, Step, Style, Table
from oracle.names import matching
from oracle.target import Strategy

# Some of them in each history. Their order by code point is not that of a folder's listing.
PATHS = [
    *["a.csv", "b.csv", "m.csv", "z.csv", "0.csv", "B.CSV", "a!.csv", "a/b.csv", "a/a.csv", "sub/deep/er/a.csv"],
    *["[ab].csv", "x*y.csv", "q?.csv", "it's.csv", 'd"q.csv', "with space.csv", "semi;colon,comma.csv", "{a,b}.csv"],
    *["\u00e9.csv", "e\u0301.csv", "\ufffd.csv", "\U0001f600.csv", "year=2024/k1=9/x.csv", "dir.csv/in.csv"],
    *["%41#.csv", "back\\slash.csv", "-dash.csv", "~a.csv", "$HOME.csv", "t.tsv", "sub/t.tsv"],
]
KEYS = ["k1", "k2"]
ORDER = "o"
OTHERS = [
    *["a", "b", "c", "\u00e9", "a b", 'q"q', "it's", "select", "rowid", "filename", "file_index", "_row", "_version"],
    *["x.y", "\u65e5\u672c", "c0", "path", "row", "version_id", "position", "${target}", "{x}", "$1", "%s", "?", "*"],
]

# One kind of cells each, among them spellings that are equal as values.
FLAVOURS: list[list[Cell]] = [
    ["0", "1", "2", "3", "-4", "10", " 5", "6\u00a0", None],
    ["1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809"],
    ["170141183460469231731687303715884105727", "-170141183460469231731687303715884105728", "7", "1" * 39],
    ["1", "1" * 40, "1" + "0" * 40, "170141183460469231731687303715884105728"],
    ["1.5", "1.50", "-0.5", "0.5", "0.0", "-0.0", "0", "2", "2.0", "100", "0.10", "\t3.25", None],
    ["0.1", "0.123456789012345", "123456789012345", "1234567890123450", "99999999999999.5", "1" + "0" * 20, "2.5"],
    ["0.1", "0.1234567890123456", "1234567890123456", "1.00000000000000000001", "12345678901234567890.5", "-0.0", "3"],
    ["0." + "3" * 37, "0." + "0" * 36 + "1", "0", "0.50", "1.5", "1" * 38 + ".0", "0." + "3" * 20, "0." + "3" * 38],
    ["1" + "0" * 299 + ".0", "0." + "0" * 299 + "1", "1.5", "1" + "0" * 300 + ".0", "0." + "0" * 300 + "1"],
    ["true", "false", "TRUE", "False", " true ", None],
    ["2024-01-02", "2024-02-29", "1969-12-31", "0001-01-01", "9999-12-31", " 2024-01-02", None],
    ["2024-01-02 10:00:00", "2024-01-02T10:00:00", "2024-01-02 10:00:00.5", "2024-01-02T10:00:00.500000", None],
    ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.000001", "2024-06-30T12:00:00"],
    ["2024-01-02", "2024-01-02 00:00:00", "2024-01-03"],
    ["x", "y", "X", "\u00e9", "e\u0301", "", "\uffff", "\U0001f600", "NULL", "N/A", " padded ", "1", None],
    ["line\nbreak", "cr\rlf\r\n.", 'q"q', '"', "a,b", "a;b", "a\tb", "a|b", "'", "#x", "\\N", "\\", None],
    [None, " ", "\u00a0", "\t", None],
    ["007", "7", "7.0", "+7", "7.", "07"],
]
KEY_FLAVOURS: list[list[Cell]] = [
    ["1", "2", "3", "4", " 2", "5"],
    ["1", "1.0", "1.00", "2", "2.50", "2.5", "-0.0", "0", "0.0"],
    ["7", "7.0", "7.00", "07"],
    ["a", "b", "A", "c", " a", "\u00e9", "e\u0301", ""],
    ["true", "TRUE", "false"],
    ["2024-01-02", "2024-01-03"],
    ["2024-01-02 10:00:00", "2024-01-02T10:00:00", "2024-01-02T10:00:00.000000", "2024-01-03 00:00:00"],
    ["9223372036854775807", "9223372036854775808", "1"],
    ["1.5", "1.50", "1.5000000000000000001", "12345678901234567890.0", "12345678901234567890"],
]
NEAR_MISSES: list[Cell] = [
    *["+5", "-0", "-", ".5", "5.", "-.5", "1e3", "1E-2", "007", "007.5", "1_000", "1,5", "0x10", "NaN", "inf"],
    *["2024-02-30", "0000-01-01", "2024-1-2", "2024-01-02T10:00:00+02", "2024-01-02T10:00:00Z", "2024-01-02 24:00:00"],
    *["2024-01-02 10:00:60", "2024-01-02 10:00", "epoch", "infinity", "t", "yes", "fal\u017fe", "true\u2003"],
    *["\u20031", "\u0663", "5\n", "\x1c5", "5\x85", "\x0b5\x0c", "--5", "1.2.3", "N/A", "", " ", "a\x00b", "\x01"],
    *["\ufeff1", "''", '""'],
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)


@dataclass(frozen=True)
class Delivery:
    """What happens before a run, and what is looked at around it.

    Args:
        rewrite: The files that stay as they were are written again.
        plan: Plan before running; likewise `again`: run a second time, and `rebuild`: load the same files elsewhere.
    """

    step: Step
    rewrite: bool = False
    plan: bool = False
    again: bool = False
    rebuild: bool = False


@dataclass(frozen=True)
class History:
    """A warehouse's life. `strays` puts files beside the sources that are none."""

    kind: Kind
    delimiter: str | None
    strays: bool
    deliveries: tuple[Delivery, ...]


@st.composite
def definitions(draw: st.DrawFn, kind: Kind, steps: int) -> list[Definition]:
    """One definition for each step; most histories keep theirs.

    In an accumulating warehouse an option left out keeps its value, so an order that was stated does not end.
    """
    composite = draw(st.sampled_from([("k1", "k2"), ("k2", "k1")]))
    strategies: st.SearchStrategy[Strategy]
    strategies = st.sampled_from(["update", "deduplicate", "append", "update", "deduplicate"])
    keys = st.sampled_from([("k1",), ("k1",), ("k2",), composite])
    orders = st.sampled_from([None, ORDER, ORDER, "k1"])
    spellings = st.sampled_from([(), (), (), ("N/A",), ("x", ""), ("7",)])
    key = draw(keys)
    strategy = draw(strategies)
    found = [
        Definition(
            strategy=strategy,
            key=key if strategy != "append" else (),
            order_by=draw(orders),
            names=draw(st.sampled_from(["lower", "lower", "keep"])),
            trim=draw(st.sampled_from([True, True, True, False])),
            nulls=draw(spellings),
        )
    ]
    changing = draw(st.sampled_from([False, False, True]))
    for _ in range(1, steps):
        last = found[-1]
        change = draw(st.sampled_from(["", "strategy", "key", "order", "trim", "nulls", "names"])) if changing else ""
        if change == "strategy":
            strategy = draw(strategies)
        elif change == "key":
            key = draw(keys)
        elif change == "order":
            order_by = draw(orders)
            last = replace(last, order_by=order_by or (last.order_by if kind == "accumulating" else None))
        elif change == "trim":
            last = replace(last, trim=not last.trim)
        elif change == "nulls":
            last = replace(last, nulls=draw(spellings))
        elif change == "names":
            last = replace(last, names="keep" if last.names == "lower" else "lower")
        found.append(replace(last, strategy=strategy, key=key if strategy != "append" else ()))
    return found


@dataclass(frozen=True)
class Manner:
    """What the files of one history have in common.

    Args:
        needed: Columns that every file has.
        others: Columns that a file may have.
        flavours: The cells of each column.
        composed: Names are spelled as they match, but for their case and the white space around them.
    """

    needed: tuple[str, ...]
    others: tuple[str, ...]
    flavours: dict[str, list[Cell]]
    delimiter: str | None
    composed: bool


@st.composite
def manners(draw: st.DrawFn, needed: Sequence[str], delimiter: str | None, *, composed: bool) -> Manner:
    """A manner; the delimiter that is not stated can be told from each header."""
    pool = [*OTHERS, *([] if delimiter is None else ["x,y", "x;y"])]
    free = [name for name in [*KEYS, ORDER] if name not in needed]
    others = tuple(free + draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3, unique=True)))
    flavours = {name: draw(st.sampled_from(FLAVOURS)) for name in others}
    for name in needed:
        flavours[name] = draw(st.sampled_from(FLAVOURS if name == ORDER else KEY_FLAVOURS))
    return Manner(tuple(needed), others, flavours, delimiter, composed)


@st.composite
def tables(draw: st.DrawFn, manner: Manner, *, tabs: bool) -> Table:
    """A file's content in the manner of its history."""
    few = draw(st.sampled_from([1, 2, 2, 3]))
    chosen = draw(st.lists(st.sampled_from(manner.others), max_size=few, unique=True))
    if not manner.needed and not chosen and draw(st.booleans()):
        return Table(())
    columns = draw(st.permutations([*manner.needed, *chosen]))
    if chosen and draw(st.integers(0, 9)) == 0:
        columns = [*columns, draw(st.sampled_from([chosen[0], chosen[0].upper(), ""]))]
    while len(columns) < (1 if manner.delimiter else 2):
        columns = [*columns, f"filler{len(columns)}"]
    cells = [draw(_cells(manner.flavours.get(name, FLAVOURS[0]))) for name in columns]
    least, most = draw(st.sampled_from([(0, 0), (1, 3), (1, 3), (2, 6), (2, 6), (4, 12)]))
    rows = draw(st.lists(st.tuples(*cells), min_size=least, max_size=most))
    header = tuple(draw(_spelled(name, manner)) for name in columns)
    return Table(header, tuple(rows), draw(styles(manner.delimiter, tabs=tabs)))


@st.composite
def _cells(draw: st.DrawFn, flavour: list[Cell]) -> st.SearchStrategy[Cell]:
    """How the cells of one column of one file are drawn: mostly of one kind alone."""
    usual = st.sampled_from(flavour)
    odd = st.one_of(usual, usual, st.sampled_from(NEAR_MISSES), st.sampled_from([None, *flavour]), TEXT)
    fractions = st.decimals(-100, 100, places=3).map("{:f}".format)
    numbers = st.one_of(usual, st.integers(-(10**20), 10**20).map(str), fractions)
    with_nulls = st.sampled_from([None, *flavour])
    return draw(st.sampled_from([usual, usual, usual, with_nulls, with_nulls, odd, numbers]))


@st.composite
def _spelled(draw: st.DrawFn, name: str, manner: Manner) -> str:
    """A column's name as a file spells it: in other case, padded, or decomposed."""
    spellings = [name, name, name]
    if name:
        spellings += [f" {name}", f"{name}\u00a0 "] + [f"\t{name}"] * (manner.delimiter is not None)
        spellings += [other for other in (name.upper(), name.title()) if matching(other) == matching(name)]
    if name == "\u00e9" and not manner.composed:
        spellings += ["e\u0301", "E\u0301"]
    return draw(st.sampled_from(spellings))


@st.composite
def styles(draw: st.DrawFn, delimiter: str | None, *, tabs: bool) -> Style:
    """How a file is written."""
    return Style(
        delimiter=delimiter or ("\t" if tabs else draw(st.sampled_from([",", ",", ",", ";", "\t", "|"]))),
        line_end=draw(st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])),
        quoted=draw(st.sampled_from([False, False, False, True])),
        byte_order_mark=draw(st.sampled_from([False, False, False, True])),
        last_end=draw(st.sampled_from([True, True, False])),
        blanks=frozenset(draw(st.sampled_from([(), (), (), (0,), (1,), (2, 3)]))),
    )


@st.composite
def _edited(draw: st.DrawFn, table: Table, *, delimiter: str | None, tabs: bool) -> Table:
    """A file delivered again, a little different."""
    change = draw(st.sampled_from(["cell", "cell", "cell", "style", "first", "last", "reverse", "double"]))
    if change == "cell" and table.rows:
        row, place = draw(st.integers(0, len(table.rows) - 1)), draw(st.integers(0, len(table.header) - 1))
        cell = draw(st.sampled_from([*[other[place] for other in table.rows], "1", "2.5", "x", "y", None]))
        changed = (*table.rows[row][:place], cell, *table.rows[row][place + 1 :])
        return replace(table, rows=(*table.rows[:row], changed, *table.rows[row + 1 :]))
    if change == "style" or not table.rows:
        style = draw(styles(delimiter, tabs=tabs))
        return replace(table, style=replace(style, delimiter=table.style.delimiter))
    rows = {
        "first": table.rows[1:],
        "last": table.rows[:-1],
        "reverse": table.rows[::-1],
        "double": table.rows + table.rows[:1],
    }
    return replace(table, rows=rows[change])


@st.composite
def _next(draw: st.DrawFn, path: str, now: Table | None, seen: Sequence[Table], manner: Manner) -> Table | None:
    """What stands at a path next: as it was, new, edited, a copy of what stood somewhere before, or nothing."""
    actions = ["", "", "", "new", "edit", "edit", "edit", "copy", "gone"] if now else ["new", "new", "", "copy"]
    action = draw(st.sampled_from(actions))
    tabs = path.endswith(".tsv")
    if action == "edit" and now:
        return draw(_edited(now, delimiter=manner.delimiter, tabs=tabs))
    if action == "copy" and seen:
        return draw(st.sampled_from(seen))
    if action == "new" or (not seen and not now):
        return draw(tables(manner, tabs=tabs))
    return None if action == "gone" else now


@st.composite
def histories(draw: st.DrawFn, kind: Kind, *, steps: int = 4) -> History:
    """A history: files come, late ones too, change, are delivered again, and leave."""
    delimiter = draw(st.sampled_from([None, None, ",", ",", ";", "\t"]))
    defined = draw(definitions(kind, draw(st.integers(1, steps))))
    needed = {name for each in defined for name in (*each.key, *([each.order_by] if each.order_by else []))}
    composed = any(each.names == "keep" for each in defined)
    manner = draw(manners(sorted(needed), delimiter, composed=composed))
    paths = draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=6, unique=True))
    folder: dict[str, Table] = {}
    seen: list[Table] = []
    deliveries = []
    for number, definition in enumerate(defined):
        coming = {path: draw(_next(path, folder.get(path), seen, manner)) for path in paths}
        folder = {path: table for path, table in coming.items() if table}
        seen += folder.values()
        last = number == len(defined) - 1
        deliveries.append(
            Delivery(
                Step(folder, definition),
                rewrite=draw(st.booleans()),
                plan=draw(st.booleans()),
                again=last or draw(st.integers(0, 3)) == 0,
                rebuild=last or draw(st.integers(0, 3)) == 0,
            )
        )
    if draw(st.sampled_from([False, False, True])):
        deliveries = draw(_spoiled(deliveries, manner))
    return History(kind, delimiter, draw(st.booleans()), tuple(deliveries))


@st.composite
def _spoiled(draw: st.DrawFn, deliveries: list[Delivery], manner: Manner) -> list[Delivery]:
    """The same with a file that makes text of each column it has, until it is mended or gone."""
    columns = (*manner.needed, *manner.others)
    path = draw(st.sampled_from(["!spoiler.csv", "n.csv", "zz/spoiler.csv"]))
    style = Style(delimiter=manner.delimiter or ",")
    bad = Table((*columns, "filler"), (("x",) * len(columns) + (None,),), style)
    one = Table(("filler", *columns), ((None, *("1",) * len(columns)),), style)
    mended = draw(st.sampled_from([replace(bad, rows=()), one, None]))
    until = draw(st.integers(1, len(deliveries)))
    found = []
    for number, delivery in enumerate(deliveries):
        table = bad if number < until else mended
        folder = {**delivery.step.folder, **({path: table} if table else {})}
        found.append(replace(delivery, step=replace(delivery.step, folder=folder)))
    return found

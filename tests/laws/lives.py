"""Random lives of a dataset, drawn from a seed alone: what is delivered, and what is asked for, step by step."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from oracle import Cell, Definition, Kind, Style, Table
from oracle.moves import World
from oracle.names import matching
from oracle.readings import Way
from oracle.target import Strategy

from laws.histories import FLAVOURS, KEY_FLAVOURS, KEYS, NEAR_MISSES, ORDER, OTHERS, PATHS

Command = Literal["run", "unload", "reload", "rollback"]
STRATEGIES: list[Strategy] = ["update", "deduplicate", "append"]
TYPES = ["BIGINT", "DOUBLE", "VARCHAR", "DECIMAL(12,2)", "BOOLEAN", "DATE"]
NEEDED = (*KEYS, ORDER)


def drawn() -> str:
    """A seed: another one every time, but for the gate, whose answer is one (tests/conftest.py)."""
    return "gate" if "CI" in os.environ else secrets.token_hex(4)


@dataclass(frozen=True)
class Asked:
    """One step: a command, the folder that it finds, and what it names.

    Args:
        paths: Of an unload or a reload.
        load: Of a rollback: the place of the load among those that were kept.
        spoil: What befalls the output before.
        planned: Plan it first; likewise `again`: run once more, and `rebuild`: load the same elsewhere.
        stated: Whether every option is stated, or only those that are not stored as they are.
    """

    command: Command
    folder: dict[str, Table]
    definition: Definition
    way: Way
    paths: tuple[str, ...] = ()
    load: int = 0
    spoil: Literal["", "lost", "edited"] = ""
    rewrite: bool = False
    planned: bool = False
    again: bool = False
    rebuild: bool = False
    stated: bool = True


@dataclass
class Life:
    """A life as far as it is drawn: what all its files have in common, and the folder of now.

    A calm one has columns of one structure, whose types stay: its target is seldom rebuilt.
    """

    rng: Random
    kind: Kind
    delimiter: str | None
    latin: bool
    changing: bool
    calm: bool
    paths: list[str]
    flavours: dict[str, list[Cell]]
    others: list[str]
    definition: Definition
    way: Way = "plain"
    folder: dict[str, Table] = field(default_factory=dict)
    seen: list[Table] = field(default_factory=list)


def begin(seed: str) -> Life:
    """The life of a seed, before its first step."""
    rng = Random(seed)  # noqa: S311  a life is to be drawn again, not to be secret
    delimiter = rng.choice([None, ",", ",", ";", "\t"])
    others = rng.sample([*OTHERS, *([] if delimiter is None else ["x,y", "x;y"])], rng.randint(1, 3))
    calm = rng.random() < 0.5
    changing = not calm and rng.random() < 0.7
    flavours = {name: rng.choice(FLAVOURS) for name in others}
    flavours |= {name: rng.choice(KEY_FLAVOURS) for name in KEYS} | {ORDER: rng.choice(FLAVOURS)}
    if calm:
        flavours |= dict.fromkeys((*KEYS, ORDER), KEY_FLAVOURS[0])
    life = Life(
        rng, rng.choice(["fresh", "accumulating", "accumulating"]), delimiter, rng.random() < 0.3, changing, calm,
        rng.sample(PATHS, rng.randint(2, 4)), flavours, others, Definition(),
    )
    life.definition = _definition(life)
    return life


def _definition(life: Life) -> Definition:
    rng = life.rng
    strategy = rng.choice(STRATEGIES[:2] if life.calm and rng.random() < 0.8 else STRATEGIES)
    key = _key(life) if strategy != "append" else ()
    declared: tuple[tuple[str, str], ...] = ()
    if not life.calm and rng.random() < 0.15:
        declared = ((rng.choice(NEEDED), rng.choice(TYPES)),)
    return Definition(
        strategy, key, rng.choice([None, None, ORDER, "k1"]), rng.choice(["lower", "lower", "keep"]),
        rng.random() < 0.75, rng.choice([(), (), (), ("N/A",), ("", "x"), ("7",)]), declared,
        rng.choice(["freeze", "discard_row"]) if not life.calm and rng.random() < 0.12 else "evolve",
    )


def _key(life: Life) -> tuple[str, ...]:
    if life.way in ("headless", "skipped") and life.rng.random() < 0.8:
        return ("column_1",)
    return life.rng.choice([("k1",), ("k1",), ("k2",), ("k1", "k2"), ("k2", "k1")])


def step(life: Life, world: World) -> Asked:
    """The next step of a life whose state is this."""
    rng = life.rng
    commands: list[Command] = ["run"]
    if world.kind == "accumulating" and world.loads:
        commands = ["run", "run", "run", "unload", "reload", "rollback"]
    command = rng.choice(commands)
    paths: tuple[str, ...] = ()
    number = 0
    if rng.random() < (0.9 if command == "run" else 0.3):
        _deliver(life)
    if command == "run" and world.loads and life.changing and rng.random() < 0.5:
        _redefine(life)
    elif world.definition is not None and rng.random() < 0.9:
        life.definition, life.way = world.definition, world.way
    if command in ("unload", "reload"):
        known = sorted(world.loaded if command == "unload" else world.holds) or life.paths[:1]
        paths = tuple(sorted(rng.sample(known, rng.choice([1, 1, len(known)]))))
    elif command == "rollback":
        number = rng.choice([len(world.loads) - 1, len(world.loads) - 1, rng.randrange(len(world.loads))])
    return Asked(
        command, dict(life.folder), life.definition, life.way, paths, number,
        spoil=rng.choice(["", "", "", "", "lost", "edited"]), rewrite=rng.random() < 0.2, planned=rng.random() < 0.3,
        again=rng.random() < 0.15, rebuild=rng.random() < 0.2, stated=rng.random() < 0.5,
    )


def _redefine(life: Life) -> None:
    """Change one thing of the definition, or the way of reading."""
    rng, now = life.rng, life.definition
    change = rng.choice(["strategy", "key", "order_by", "names", "trim", "nulls", "declared", "contract", "contract",
                         "way", "way"])
    if change == "way":
        ways: list[Way] = ["plain", "quote", "escape"]
        ways += ["latin"] if life.latin else []
        ways += ["headless", "skipped"] if life.delimiter is not None else []
        life.way = rng.choice(ways)
        if now.keyed and (life.way in ("headless", "skipped")) != (now.key == ("column_1",)):
            life.definition = replace(now, key=_key(life), order_by=None, declared=())
        return
    other = _definition(life)
    life.definition = replace(now, **{change: getattr(other, change)})
    if life.definition.keyed != bool(life.definition.key):
        life.definition = replace(life.definition, key=_key(life) if life.definition.keyed else ())


def _deliver(life: Life) -> None:
    """New, edited, copied and vanished files; at first mostly new ones."""
    rng = life.rng
    for path in life.paths:
        now = life.folder.get(path)
        actions = ["", "", "", "new", "edit", "edit", "copy", "gone"] if now else ["new", "new", "", "copy"]
        action = rng.choice(actions)
        if action == "gone":
            del life.folder[path]
        elif action == "copy" and life.seen:
            life.folder[path] = rng.choice(life.seen)
        elif action == "edit" and now is not None:
            life.folder[path] = _edited(life, now)
        elif action == "new":
            life.folder[path] = _table(life, tabs=path.endswith(".tsv"))
    life.seen += life.folder.values()


def _table(life: Life, *, tabs: bool) -> Table:
    rng = life.rng
    if not life.calm and rng.random() < 0.03:
        return Table(())
    needed = list(NEEDED) if life.calm or rng.random() < 0.95 else rng.sample(NEEDED, rng.randint(0, 2))
    chosen = rng.sample(life.others, rng.randint(0, min(2, len(life.others))))
    columns = [*needed, *(life.others if life.calm else chosen)]
    rng.shuffle(columns)
    if not life.calm and chosen and rng.random() < 0.1:
        columns.append(rng.choice([chosen[0], chosen[0].upper(), ""]))
    while len(columns) < 2:
        columns.append(f"filler{len(columns)}")
    manners = ["usual" if life.calm else rng.choice(["usual", "usual", "usual", "nulls", "odd", "numbers"])
               for _ in columns]
    rows = tuple(
        tuple(_cell(rng, life.flavours.get(name, FLAVOURS[0]), manner)
              for name, manner in zip(columns, manners, strict=True))
        for _ in range(rng.choice([1, 2, 3, 4, 4] if life.calm else [0, 1, 2, 3, 4, 6, 9]))
    )
    return Table(tuple(_spelled(life, name) for name in columns), rows, _style(life, tabs=tabs))


def _cell(rng: Random, flavour: Sequence[Cell], manner: str) -> Cell:
    if manner == "nulls" and rng.random() < 0.3:
        return None
    if manner == "odd" and rng.random() < 0.3:
        return rng.choice(NEAR_MISSES)
    if manner == "numbers" and rng.random() < 0.5:
        return str(rng.randint(-(10**20), 10**20)) if rng.random() < 0.5 else f"{rng.randint(-9999, 9999) / 100:.2f}"
    return rng.choice(flavour)


def _spelled(life: Life, name: str) -> str:
    spellings = [name, name, name]
    if name:
        spellings += [f" {name}", f"{name}\u00a0 "]
        spellings += [other for other in (name.upper(), name.title()) if matching(other) == matching(name)]
    return life.rng.choice(spellings)


def _style(life: Life, *, tabs: bool) -> Style:
    rng = life.rng
    return Style(
        delimiter=life.delimiter or ("\t" if tabs else rng.choice([",", ",", ";", "\t", "|"])),
        line_end=rng.choice(["\n", "\n", "\r\n", "\r"]), quoted=rng.random() < 0.2,
        byte_order_mark=not life.latin and rng.random() < 0.2, last_end=rng.random() < 0.7,
        blanks=frozenset(rng.choice([(), (), (), (1,), (2, 3)])),
    )


def _edited(life: Life, table: Table) -> Table:
    rng = life.rng
    if not table.rows:
        return table
    change = rng.choice(["cell", "cell", "first", "last", "reverse", "double"])
    if change == "cell":
        row, place = rng.randrange(len(table.rows)), rng.randrange(len(table.header))
        cell = rng.choice([*[other[place] for other in table.rows], "1", "2.5", "x", "y", None])
        changed = (*table.rows[row][:place], cell, *table.rows[row][place + 1:])
        return replace(table, rows=(*table.rows[:row], changed, *table.rows[row + 1:]))
    rows = {"first": table.rows[1:], "last": table.rows[:-1], "reverse": table.rows[::-1],
            "double": table.rows + table.rows[:1]}
    return replace(table, rows=rows[change])

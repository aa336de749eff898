"""The relations that a move works on, as SQL: accepted rows from staging, and the target as it is.

Inside a move a target's columns are n0, n1, ... in derived order: names from
files meet names of ours nowhere but in the target's own statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from etl.config import Definition
from etl.names import RESERVED, Sql, identifier, listed, literal, matched
from etl.sql_files import fill, piece
from etl.structure import cells
from etl.structure.derive import Structure
from etl.structure.kinds import LIKE_OTHERS
from etl.structure.places import Place
from etl.warehouse import Warehouse, staging, target

COMING = ("new", "back")
KEPT = ("kept",)
LOADED = (*COMING, *KEPT)


def n(ordinal: int) -> Sql:
    """A target's column inside a move."""
    return Sql(f"n{ordinal}")


def position(definition: Definition, order: Sql) -> Sql:
    """ORDER BY of the position: the best row first."""
    way, nulls = ("DESC", "NULLS LAST") if definition.strategy == "update" else ("ASC", "NULLS FIRST")
    first = [] if definition.order_by is None else [Sql(f"{order} {way} {nulls}")]
    return listed([*first, Sql(f"_rank {way}"), Sql(f"_row {way}")])


@dataclass(frozen=True, slots=True)
class Present:
    """The target as it stands before the move: its columns' types by name, and their spelling."""

    table: str
    types: Mapping[str, str]
    shown: Mapping[str, str]


def present(warehouse: Warehouse, table: str) -> Present | None:
    """The target as it stands; None where there is none."""
    if not warehouse.exists("main", table):
        return None
    columns = [(name, kind) for name, kind, *_ in warehouse.sql(f"DESCRIBE {target(table)}") if name not in RESERVED]
    return Present(table, {matched(name): kind for name, kind in columns}, {matched(name): name for name, _ in columns})


@dataclass(frozen=True, slots=True)
class Plan:
    """What every statement of one move is made from.

    Args:
        sources: The staging tables of loaded versions as relations that are read in parallel.
    """

    table: str
    definition: Definition
    structure: Structure
    sources: Mapping[str, Sql]

    @property
    def ordinals(self) -> range:
        """The target's columns."""
        return range(len(self.structure.columns))

    @property
    def key(self) -> tuple[int, ...]:
        """The key's columns, in the order in which they were stated."""
        return tuple(self.structure.ordinal(name) for name in self.definition.key)

    @property
    def key_list(self) -> Sql:
        """The key as a list."""
        return listed(n(i) for i in self.key)

    @property
    def stored(self) -> tuple[int, ...]:
        """The columns as a new table stores them: the key first."""
        first = self.key if self.definition.keyed else ()
        return first + tuple(i for i in self.ordinals if i not in first)

    @property
    def order(self) -> Sql:
        """The value that `order_by` puts first in the position."""
        name = self.definition.order_by
        return Sql("NULL") if name is None else n(self.structure.ordinal(name))

    def shown(self, ordinals: Sequence[int]) -> Sql:
        """Columns by their names in the target."""
        return listed(identifier(self.structure.columns[i].shown) for i in ordinals)

    def named(self, ordinals: Sequence[int]) -> Sql:
        """Columns of the move, named as in the target."""
        return listed(Sql(f"{n(i)} AS {identifier(self.structure.columns[i].shown)}") for i in ordinals)

    def matches(self, left: str, right: str) -> Sql:
        """Whether two rows have one key."""
        return listed((Sql(f"{left}.{n(i)} = {right}.{n(i)}") for i in self.key), " AND ")

    def differs(self, left: str, right: str) -> Sql:
        """Whether two rows of one key differ in a value."""
        others = [i for i in self.ordinals if i not in self.key]
        compared = [self.unlike(i, Sql(f"{left}.{n(i)}"), Sql(f"{right}.{n(i)}")) for i in others]
        return Sql(f"({listed(compared, ' OR ')})") if compared else Sql("false")

    def unlike(self, ordinal: int, one: Sql, other: Sql) -> Sql:
        """Whether two values of a column differ; of a type whose equal values are not one, their texts are asked."""
        if self.structure.columns[ordinal].type in LIKE_OTHERS:
            one, other = Sql(f"CAST({one} AS VARCHAR)"), Sql(f"CAST({other} AS VARCHAR)")
        return Sql(f"{one} IS DISTINCT FROM {other}")

    def beats(self) -> Sql:
        """Whether the target's row b (of version v) stands at a better position than the challenger c."""
        low = self.definition.strategy != "update"
        sign = "<" if low else ">"
        place = f"(v.rank, b._row) {sign} (c._rank, c._row)"
        if self.definition.order_by is None:
            return Sql(f"({place})")
        o = self.order
        null_wins, null_loses = ("true", "false") if low else ("false", "true")
        return Sql(f"(CASE WHEN b.{o} IS NOT DISTINCT FROM c.{o} THEN {place} WHEN b.{o} IS NULL THEN {null_wins} "
                   f"WHEN c.{o} IS NULL THEN {null_loses} ELSE b.{o} {sign} c.{o} END)")

    def accepted(self, table: str) -> Sql:
        """The condition on the rows of one staging table."""
        changed = {c.name: c.changed.get(table, True) for c in self.structure.columns}
        return cells.accepted(self.structure.places[table], self.definition, changed)

    def candidates(self, states: Sequence[str]) -> Sql:
        """The accepted rows of the versions in these states, from all their staging tables."""
        kinds = listed(literal(state) for state in states)
        branches = [
            piece("rows", staging=self.sources[table], table=literal(table), values=self._values(table),
                  accepted=self.accepted(table), states=kinds)
            for table in self.structure.places
        ]
        return self._union(branches)

    def contested(self) -> Sql:
        """The rows of temp table `contested`, from all their staging tables."""
        return self._union([
            piece("contested_rows", staging=self.sources[table], table=literal(table), values=self._values(table))
            for table in self.structure.places
        ])

    def _values(self, table: str) -> Sql:
        places = self.structure.places[table]
        values = []
        for i, column in enumerate(self.structure.columns):
            if column.name in places:
                changed = column.changed.get(table, True)
                value = cells.value(places[column.name], column.declared, self.definition, changed=changed)
            else:
                value = Sql(f"CAST(NULL AS {column.type})")
            values.append(Sql(f"{value} AS {n(i)}"))
        return listed(values)

    def _union(self, branches: Sequence[Sql]) -> Sql:
        if branches:
            return Sql("(" + listed(branches, "\nUNION ALL\n") + ")")
        nothing = listed(Sql(f"CAST(NULL AS {c.type}) AS {n(i)}") for i, c in enumerate(self.structure.columns))
        values = f", {nothing}" if nothing else ""
        return Sql(f"(SELECT CAST(NULL AS INTEGER) AS _version, CAST(NULL AS BIGINT) AS _row, "
                   f"CAST(NULL AS BIGINT) AS _rank{values} WHERE false)")

    def before(self, old: Present) -> Sql:
        """The target as it is, where its columns have the types of now; one that it lacks is NULL."""
        return Sql(f"(SELECT {self._old_values(old, {})}, t._version, t._row, false AS _differs "
                   f"FROM {target(old.table)} AS t)")

    def _old_values(self, old: Present, reread: Mapping[int, Sql]) -> Sql:
        values = []
        for i, column in enumerate(self.structure.columns):
            if i in reread:
                value = Sql(f"r.{n(i)}")
            elif column.name in old.types:
                value = identifier("t", old.shown[column.name])
            else:
                value = Sql(f"CAST(NULL AS {column.type})")
            values.append(Sql(f"{value} AS {n(i)}"))
        return listed(values)

    def reread(self, old: Present, every: Mapping[str, Mapping[str, Place]]) -> Sql:
        """The target as it is, under the types of now (what no longer fits differs from everything).

        Args:
            every: Columns' places by staging table, of the versions that leave as well.
        """
        retyped = {i: Sql("") for i, c in enumerate(self.structure.columns)
                   if c.name in old.types and old.types[c.name] != c.type}
        gone = [identifier("t", old.shown[name]) for name in old.types
                if name not in {c.name for c in self.structure.columns}]
        differs = [Sql(f"{name} IS NOT NULL") for name in gone] + [Sql(f"coalesce(r.m{i}, false)") for i in retyped]
        branches = (
            [self._reread_branch(table, places, list(retyped)) for table, places in every.items()] if retyped else []
        )
        source = fill(
            "reread", target=target(old.table), values=self._old_values(old, retyped), staged=self._staged(branches),
            differs=Sql(f"({listed(differs, ' OR ')})") if differs else Sql("false"),
        )
        relation = Sql(f"({source})")
        if not set(retyped) & set(self.key if self.definition.keyed else ()):
            return relation
        conditions = listed((Sql(f"{n(i)} IS NOT NULL") for i in self.key), " AND ")
        return piece("rekey", before=relation, key=self.key_list, present=conditions,
                     position=position(self.definition, self.order))

    def _staged(self, branches: Sequence[Sql]) -> Sql:
        nothing = Sql("SELECT CAST(NULL AS INTEGER) AS _version, CAST(NULL AS BIGINT) AS _row WHERE false")
        return Sql("(" + listed(branches or [nothing], "\nUNION ALL\n") + ")")

    def _reread_branch(self, table: str, places: Mapping[str, Place], retyped: Sequence[int]) -> Sql:
        texts, values = [], []
        for i in retyped:
            column = self.structure.columns[i]
            place = places.get(column.name)
            text = Sql("CAST(NULL AS VARCHAR)") if place is None else cells.known(place, self.definition)
            texts.append(Sql(f"{text} AS x{i}"))
            value = cells.known_value(place or Place(0), Sql(f"x{i}"), column.declared)
            values.append(Sql(f"CASE WHEN f{i} THEN {value} END AS {n(i)}"))
            values.append(Sql(f"x{i} IS NOT NULL AND NOT f{i} AS m{i}"))
        columns = self.structure.columns
        fitting = listed(Sql(
            f"{cells.known_fits(places.get(columns[i].name, Place(0)), Sql(f'x{i}'), columns[i].declared)} AS f{i}"
        ) for i in retyped)
        return piece("reread_rows", staging=staging(table), table=literal(table), texts=listed(texts), fits=fitting,
                     values=listed(values))

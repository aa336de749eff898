"""The staged rows that ever claimed a key, loaded or not, found by the expressions that a move itself is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etl.config import Definition
from etl.inspect.eras import Era, Kinds, eras
from etl.ledger.read import StoredDataset
from etl.move.relations import position
from etl.names import Sql, identifier, listed, literal
from etl.sql_files import fill, piece
from etl.structure import cells
from etl.structure.declared import Declared, cast, fits, parsed
from etl.structure.derive import Structure, derive, headers, hold_headers
from etl.structure.measure import located
from etl.structure.places import Place, places_of
from etl.warehouse import Warehouse, staging, target
from etl.warehouse.expressions import express

At = tuple[int, int]  # a version and a row


@dataclass(frozen=True, slots=True)
class Claim:
    """A staged row that claims a key.

    Args:
        staged_by: The load that staged it; `since` is the load that brought its version last, or let it go.
        loaded: Its version is loaded.
        accepted: It can be a row of the target.
        order: Its value of the order column, as text.
        values: By column, what the target holds or would hold of it, as text; of a cell that does not fit its
            column's type, what the file says.
    """

    version: int
    row: int
    path: str
    staged_by: int
    since: int
    loaded: bool
    accepted: bool
    order: str | None
    values: Mapping[str, str | None]

    @property
    def live(self) -> bool:
        """Whether it takes part in what the target holds."""
        return self.loaded and self.accepted


@dataclass(frozen=True, slots=True)
class Question:
    """A dataset's staging, made ready to be asked; `names` are the columns of each staging table."""

    warehouse: Warehouse
    dataset: StoredDataset
    structure: Structure
    names: Mapping[str, tuple[str, ...]]

    @property
    def definition(self) -> Definition:
        """Of the dataset."""
        return self.dataset.definition

    def type_of(self, name: str) -> str:
        """The type of a column in the target; a text where the target has none of that name."""
        return self.declared_of(name).type

    def declared_of(self, name: str) -> Declared:
        """The same, with the format of its cells where one is declared."""
        return parsed(next((column.declared for column in self.structure.columns if column.name == name), "VARCHAR"))


def question(warehouse: Warehouse, dataset: StoredDataset) -> Question:
    """Find every version of a dataset, where its rows are, and the structure of what is loaded."""
    express(warehouse)
    warehouse.sql(fill("every_version"), {"dataset": dataset.dataset_id})
    hold_headers(warehouse)
    warehouse.sql("CREATE OR REPLACE TEMP TABLE located (version_id INTEGER, first_row BIGINT)")
    warehouse.sql("CREATE OR REPLACE TEMP VIEW placed AS "
                  "SELECT scope.*, located.first_row FROM temp.scope JOIN temp.located USING (version_id)")
    structure = derive(warehouse, dataset.definition)
    return Question(warehouse, dataset, structure, headers(warehouse, left=True))


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is asked for: a text a column, as a cell says it.

    Args:
        fits: Whether each text is of its column's type.
        before: The same for the types that versions which left were held under.
    """

    texts: tuple[str | None, ...]
    fits: tuple[bool, ...]
    before: tuple[tuple[Era, tuple[bool, ...]], ...] = ()

    @property
    def bound(self) -> dict[str, str | None]:
        """The texts as bound values."""
        return {f"k{i}": text for i, text in enumerate(self.texts)}


def key_as_said(asked: Question, key: Sequence[str]) -> Key:
    """A key as the cells of a file would say it: trimmed, and NULL where it spells NULL."""
    texts = _one(asked, key, [cells.said(_given(i), asked.definition) for i in range(len(key))])
    now = _kinds(asked)
    past = [era for era in eras(asked.warehouse, asked.dataset, asked.definition.key) if era.kinds != now]
    fitting = [tuple(_one(asked, texts, [_is_of(_given(i), kind) for i, kind in enumerate(kinds)]))
               for kinds in (now, *(era.kinds for era in past))]
    return Key(tuple(texts), fitting[0], tuple(zip(past, fitting[1:], strict=True)))


def by_key(asked: Question, key: Key) -> list[Claim]:
    """The rows that claim a key, those of the target's making first, the best of them at the top."""
    columns = asked.definition.key
    matches = {
        table: _claims_it(asked, [places[name] for name in columns], key)
        for table, places in _places(asked).items() if set(columns) <= set(places)
    }
    return _claims(asked, matches, key.bound)


def by_place(asked: Question, path: str, row: int) -> list[Claim]:
    """The rows that stand at one place of a file, of every version of it."""
    wanted = [str(found[0]) for found in asked.warehouse.sql(
        "SELECT DISTINCT staging FROM temp.scope WHERE path = $path AND staging <> ''", {"path": path})]
    match = Sql("s.path = $path AND s._row = $row")
    return _claims(asked, dict.fromkeys(wanted, match), {"path": path, "row": row})


def key_of(asked: Question, claim: Claim) -> list[str] | None:
    """The key that a row claims; None where it claims none."""
    values = [claim.values.get(name) for name in asked.definition.key]
    texts = [value for value in values if value is not None]
    return texts if len(texts) == len(values) else None


def in_target(asked: Question, key: Key) -> At | None:
    """The version and row that the target names for a key; None where it has no row of it."""
    name = asked.dataset.name
    if not asked.warehouse.exists("main", name) or not all(key.fits):
        return None
    shown = {column.name: column.shown for column in asked.structure.columns}
    match = listed((Sql(f"t.{identifier(shown[column])} = {_meant(_given(i), asked.declared_of(column))}")
                    for i, column in enumerate(asked.definition.key)), " AND ")
    rows = asked.warehouse.sql(f"SELECT _version, _row FROM {target(name)} AS t WHERE {match}", key.bound)
    return (int(rows[0][0]), int(rows[0][1])) if rows else None


def place_in_target(asked: Question, path: str, row: int) -> At | None:
    """The same for a row of a file, by its place."""
    name = asked.dataset.name
    if not asked.warehouse.exists("main", name):
        return None
    rows = asked.warehouse.sql(
        f"SELECT t._version, t._row FROM {target(name)} AS t JOIN temp.scope AS v ON v.version_id = t._version "
        "WHERE v.path = $path AND t._row = $row", {"path": path, "row": row})
    return (int(rows[0][0]), int(rows[0][1])) if rows else None


def _places(asked: Question) -> dict[str, dict[str, Place]]:
    return {table: places_of(asked.warehouse, table, names) for table, names in asked.names.items()}


def _said(number: int) -> Sql:
    """What a cell says, as the relation of claimants has it."""
    return Sql(f"s.c{number}")


def _given(number: int) -> Sql:
    """A part of the key that is asked for."""
    return Sql(f"CAST($k{number} AS VARCHAR)")


def _is_of(given: Sql, kind: Declared) -> Sql:
    """Whether a text is a value of a type: as a cell says it, with its format or without, or as it would be printed."""
    plain = Declared(kind.type)
    printed = f"CAST({cast(given, plain, forgiving=True)} AS VARCHAR) = {given}"
    ways = [fits(given, kind), *([fits(given, plain)] if kind.format else ()), Sql(printed)]
    return Sql(f"coalesce({listed(ways, ' OR ')}, false) AND {given} IS NOT NULL")


def _meant(given: Sql, kind: Declared) -> Sql:
    """The value that a text means: as a cell says it, else as the target would be printed."""
    as_printed = cast(given, Declared(kind.type), forgiving=True)
    return Sql(f"coalesce({cast(given, kind, forgiving=True)}, {as_printed})") if kind.format else as_printed


def _one(asked: Question, values: Sequence[str | None], expressions: Sequence[Sql]) -> list[Any]:
    bound = {f"k{i}": value for i, value in enumerate(values)}
    return list(asked.warehouse.sql(f"SELECT {listed(expressions)}", bound)[0])


def _kinds(asked: Question) -> Kinds:
    """The types of the key's columns."""
    return tuple(asked.declared_of(name) for name in asked.definition.key)


def _claims_it(asked: Question, places: Sequence[Place], key: Key) -> Sql:
    """Whether a row claims a key: under the types of now, or of a version that left, under those that held it."""
    ways = [_same(places, _kinds(asked), key.fits)]
    ways += [Sql(f"({era.held} AND {_same(places, era.kinds, fitting)})") for era, fitting in key.before]
    return Sql(f"({listed(ways, ' OR ')})")


def _same(places: Sequence[Place], kinds: Kinds, known: Sequence[bool]) -> Sql:
    """Whether cells say what is asked for: the same texts, or values of the columns' types that are equal."""
    return listed((_equal(_said(place.number), _given(i), kind, known=fits)
                   for i, (place, kind, fits) in enumerate(zip(places, kinds, known, strict=True))), " AND ")


def _equal(cell: Sql, given: Sql, kind: Declared, *, known: bool) -> Sql:
    same = Sql(f"{cell} = {given}")
    if not known or kind.type == "VARCHAR":
        return same
    equal = f"{cast(cell, kind, forgiving=True)} = {_meant(given, kind)}"
    return Sql(f"({same} OR ({equal} AND {fits(cell, kind)}))")


def _claims(asked: Question, matches: Mapping[str, Sql], bound: Mapping[str, object]) -> list[Claim]:
    warehouse = asked.warehouse
    located(warehouse, list(matches))
    kind = "VARCHAR" if asked.definition.order_by is None else asked.type_of(asked.definition.order_by)
    warehouse.sql("CREATE OR REPLACE TEMP TABLE claimant (_version INTEGER, _row BIGINT, _rank BIGINT, path VARCHAR, "
                  "staged_by BIGINT, since BIGINT, state VARCHAR, staging VARCHAR, accepted BOOLEAN, "
                  f"order_value {kind}, cells VARCHAR[])")
    there = warehouse.sql("SELECT DISTINCT staging, state FROM temp.scope")
    for table, state in sorted(pair for pair in there if pair[0] in matches):
        branch = _branch(asked, table, matches[table], state, kind)
        warehouse.sql(f"INSERT INTO temp.claimant SELECT * FROM {branch}", bound)
    order = position(asked.definition, Sql("order_value"))
    rows = warehouse.sql(
        "SELECT _version, _row, path, staged_by, since, state = 'kept', accepted, CAST(order_value AS VARCHAR), cells, "
        f"staging FROM temp.claimant ORDER BY state = 'kept' AND accepted DESC, {order}, _version DESC")
    shown = {column.name: None for column in asked.structure.columns}
    return [Claim(version, row, path, staged_by, since, loaded, accepted, value,
                  {**shown, **dict(zip(asked.names[table], texts, strict=True))})
            for version, row, path, staged_by, since, loaded, accepted, value, texts, table in rows]


def _branch(asked: Question, table: str, match: Sql, state: str, order_type: str) -> Sql:
    """The rows of one staging table; only of versions that left a cell may not fit the type of now."""
    places, definition = _places(asked)[table], asked.definition
    texts = listed(Sql(f"{cells.cell(place, definition)} AS c{place.number}") for place in places.values())
    keyed = definition.key if definition.keyed else ()
    fitting = cells.accepted(places, definition) if set(keyed) <= set(places) else Sql("false")
    accepted = Sql("s.accepted")
    values = listed(_value(asked, place, name, accepted if state == "kept" else None)
                    for name, place in places.items())
    order = Sql(f"CAST(NULL AS {order_type})")
    if definition.order_by in places:
        cell = _said(places[definition.order_by].number)
        value = cast(cell, asked.declared_of(definition.order_by), forgiving=True)
        order = Sql(f"CASE WHEN {accepted} THEN {value} END")
    return piece("claimants", staging=staging(table), table=literal(table), texts=texts, match=match,
                 accepted=fitting, order=order, values=Sql(f"[{values}]"), state=literal(state))


def _value(asked: Question, place: Place, name: str, accepted: Sql | None) -> Sql:
    cell, kind = _said(place.number), asked.declared_of(name)
    if kind.type == "VARCHAR":
        return cell
    settled = fits(cell, kind) if accepted is None else accepted
    value = cast(cell, kind, forgiving=True)
    return Sql(f"CASE WHEN {settled} THEN CAST({value} AS VARCHAR) ELSE {cell} END")

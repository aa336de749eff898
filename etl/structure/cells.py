"""Cells as SQL, in any form of staging: what one says, its value under a type, and which rows are accepted."""

from __future__ import annotations

from collections.abc import Mapping

from etl.config import Definition
from etl.names import Sql, listed, literal
from etl.structure import kinds, typed
from etl.structure.declared import cast, fits, parsed
from etl.structure.places import TEXT, TOLD, Place

_TEXTS = (TEXT, TOLD)
OF_TEXT = (*_TEXTS, "VARCHAR")  # forms whose cells go by their text under a declared type


def raw(place: Place) -> Sql:
    """The text of the cell as staging keeps it, of the relation `s`."""
    return place.stored if place.form == TEXT else typed.told(place.stored, place.form)


def shown(place: Place) -> Sql:
    """The cell as a person is shown it: a string without its quotes."""
    return Sql(f"etl_told({raw(place)})") if place.form == TOLD else raw(place)


def cell(place: Place, definition: Definition) -> Sql:
    """What the cell says: its text, NULL where it spells NULL; text is trimmed, strings are not."""
    return said(raw(place), definition, place.form)


def said(text: Sql, definition: Definition, form: str = TEXT) -> Sql:
    """What a raw text says in a form."""
    if form == TOLD:
        text = Sql(f"etl_told({text})")
    elif form == TEXT and definition.trim:
        text = Sql(f"etl_trim({text})")
    if not definition.nulls:
        return text
    spellings = listed(literal(spelling) for spelling in definition.nulls)
    return Sql(f"CASE WHEN {text} IN ({spellings}) THEN NULL ELSE {text} END")


def kind(place: Place, raw_text: Sql, text: Sql) -> Sql:
    """The kind of a cell, from its raw text and what it says."""
    if place.form == TEXT:
        return Sql(f"etl_cell_kind({raw_text}, {text})")
    if place.form == TOLD:
        return Sql(f"etl_told_kind({raw_text}, {text})")
    stored, held = place.stored, kinds.summary_of(place.form).kinds
    marks = [Sql(f"{held}")]
    if raw_text != text:
        marks.append(Sql(f"CASE WHEN {raw_text} IS DISTINCT FROM {text} THEN {kinds.CHANGED} ELSE 0 END"))
    if held & kinds.FLOATS:
        marks.append(Sql(f"CASE WHEN NOT isfinite({stored}) THEN {kinds.NOT_FINITE} "
                         f"WHEN {stored} = 0 AND signbit({stored}) THEN {kinds.NEGATIVE_ZERO} ELSE 0 END"))
    elif held & (kinds.INTEGER_64 | kinds.UINT64 | kinds.INTEGER_128):
        marks.append(Sql(f"CASE WHEN {stored} NOT BETWEEN -999999999999999 AND 999999999999999 "
                         f"THEN {kinds.WIDE} ELSE 0 END"))
    elif held & kinds.NANOSECONDS:
        marks.append(Sql(f"CASE WHEN epoch_ns({stored}) % 1000 <> 0 THEN {kinds.SUB_MICRO} ELSE 0 END"))
    if raw_text == text:  # then no text is made of a value
        return Sql(f"CASE WHEN {stored} IS NULL THEN 0 ELSE {listed(marks, ' | ')} END")
    return Sql(f"CASE WHEN {text} IS NULL THEN CASE WHEN {raw_text} IS NULL THEN 0 ELSE {kinds.CHANGED} END "
               f"ELSE {listed(marks, ' | ')} END")


def value(place: Place, declared: str, definition: Definition, *, changed: bool) -> Sql:
    """The cell as a value of its column's type.

    Args:
        declared: The type, with the format of its cells where one is declared.
        changed: Some cell of the column may differ from its raw text.
    """
    wanted = parsed(declared)
    if place.form in OF_TEXT or wanted.type == "VARCHAR":
        return cast(cell(place, definition) if changed else raw(place), wanted)
    stored = place.stored
    if definition.nulls and changed:
        stored = Sql(f"CASE WHEN {cell(place, definition)} IS NOT NULL THEN {stored} END")
    return typed.under(stored, place.form, wanted)


def known(place: Place, definition: Definition) -> Sql:
    """The cell as it is carried on before its type is known: its text, or the stored value of a column of Parquet."""
    if place.form in _TEXTS:
        return cell(place, definition)
    stored = place.stored
    return Sql(f"CASE WHEN {cell(place, definition)} IS NOT NULL THEN {stored} END") if definition.nulls else stored


def known_fits(place: Place, carried: Sql, declared: str) -> Sql:
    """Whether what `known` carried, where it is not NULL, is of a type without a change."""
    wanted = parsed(declared)
    if place.form in OF_TEXT:
        return fits(carried, wanted)
    return typed.held_by(carried, place.form, wanted)


def known_value(place: Place, carried: Sql, declared: str) -> Sql:
    """What `known` carried as a value of a type; NULL, or an error, where it is none."""
    wanted = parsed(declared)
    if place.form in OF_TEXT:
        return cast(carried, wanted, forgiving=True)
    return typed.under(carried, place.form, wanted, forgiving=True)


def stated_types(definition: Definition) -> dict[str, str]:
    """The types that are declared or frozen, by column; what is declared goes before."""
    return dict((*definition.frozen, *definition.columns))


def misfit(place: Place, declared: str, definition: Definition, *, changed: bool = True) -> Sql:
    """Whether a cell is of no use under a declared or frozen type."""
    carried = raw(place) if place.form in _TEXTS and not changed else known(place, definition)
    return Sql(f"({carried} IS NOT NULL AND NOT {known_fits(place, carried, declared)})")


def accepted(places: Mapping[str, Place], definition: Definition, changed: Mapping[str, bool] | None = None) -> Sql:
    """The condition on a staged row: its key is not NULL, and its cells fit the declared types.

    Args:
        places: Column by name, of this staging table.
        changed: Per column whether a cell may differ from its raw text; None: any may.
    """
    def text(name: str) -> Sql:
        may_differ = changed is None or changed.get(name, True)
        return cell(places[name], definition) if may_differ else raw(places[name])

    conditions = [Sql(f"{text(name)} IS NOT NULL") for name in definition.key] if definition.keyed else []
    conditions += [
        Sql(f"NOT {misfit(places[name], declared, definition, changed=changed is None or changed.get(name, True))}")
        for name, declared in stated_types(definition).items() if name in places and declared != "VARCHAR"]
    if definition.contract == "discard_row":
        conditions += [Sql(f"{cell(place, definition)} IS NULL")
                       for name, place in places.items() if name not in definition.held]
    return listed(conditions, " AND ") if conditions else Sql("true")

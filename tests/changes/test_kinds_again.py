"""The kinds of cells that the ledger keeps are those of what is loaded: whatever comes back is looked at anew."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

import etl
from changes.conftest import Place

A, B = "id,x\n1,10\n2,20\n", "id,x\n3,30\n"
KEYED: dict[str, Any] = {"strategy": "update", "key": ("id",)}
KEPT = ("SELECT version_id, cells, place, kinds, integer_digits, scale, example_row, example FROM etl.cell_kind "
        "ORDER BY ALL")


def by_hand(place: Place, statement: str) -> list[tuple[Any, ...]]:
    """Ask, or damage."""
    with duckdb.connect(str(place.warehouse.path)) as connection:
        return connection.execute(statement).fetchall()


@pytest.mark.parametrize("back", ["reload", "rollback"])
def test_a_version_that_comes_back_is_looked_at_anew(place: Place, back: str) -> None:
    """With it left what was known of its cells; what other hands put there in the meantime decides nothing."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    before, kept = place.rows(), by_hand(place, KEPT)
    load = place.warehouse.unload("t", "a.csv")
    assert {row[0] for row in by_hand(place, KEPT)} == {2}
    for row in kept:
        if row[0] == 1:
            by_hand(place, f"INSERT INTO etl.cell_kind VALUES (1, '{row[1]}', {row[2]}, 8, NULL, NULL, NULL, NULL)")
    if back == "reload":
        place.warehouse.reload("t", "a.csv")
    else:
        place.warehouse.rollback(load.load_id or 0)
    assert place.rows() == before
    assert by_hand(place, KEPT) == kept


def test_a_definition_that_comes_back_looks_at_all_anew(place: Place) -> None:
    """Kinds under a definition of before are not kept, so none of them can be wrong."""
    place.put(a=A, b=B)
    place.run(**KEYED)
    before, kept = place.rows(), by_hand(place, KEPT)
    place.run(nulls=("10",))
    assert {row[1] for row in by_hand(place, KEPT)}.isdisjoint({row[1] for row in kept})
    for row in kept:
        by_hand(place, f"INSERT INTO etl.cell_kind VALUES ({row[0]}, '{row[1]}', {row[2]}, 8, NULL, NULL, NULL, NULL)")
    place.warehouse.run(etl.Dataset(table="t", reset=("null",)))
    assert place.rows() == before
    assert by_hand(place, KEPT) == kept

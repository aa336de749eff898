"""The oracle's targets and exports are right on what was worked by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from oracle import Definition, Table, derive, export
from oracle.tables import APPEND, DEDUPLICATE, UPDATE, table


def held(definition: Definition, **files: Table) -> list[tuple[object, ...]]:
    """The target's rows with their lineage."""
    target = derive({f"{name}.csv": file for name, file in files.items()}, definition)
    return [(*target.values(row), f"{row.path}:{row.number}") for row in target.rows]


def test_strategies() -> None:
    """The first of a key stays under deduplicate, the last wins under update, append keeps all."""
    files = {"b": table("k,v", "1,b1", "2,b2"), "a": table("k,v", "2,a1", "3,a2", "2,a3", ",x")}
    assert held(DEDUPLICATE, **files) == [(1, "b1", "b.csv:1"), (2, "a1", "a.csv:1"), (3, "a2", "a.csv:2")]
    assert held(UPDATE, **files) == [(1, "b1", "b.csv:1"), (2, "b2", "b.csv:2"), (3, "a2", "a.csv:2")]
    rows = [row[-1] for row in held(APPEND, **files)]
    assert rows == ["a.csv:1", "a.csv:2", "a.csv:3", "a.csv:4", "b.csv:1", "b.csv:2"]


def test_the_order_column_comes_first_and_null_is_lowest() -> None:
    """NULL wins deduplicate and loses update; ties fall to the path and the row."""
    files = {"a": table("k,o", "1,5", "1,10", "2,1", "2,1"), "b": table("k,o", "1,9", "1,", "2,1")}
    assert held(Definition("update", ("k",), "o"), **files) == [(1, 10, "a.csv:2"), (2, 1, "b.csv:3")]
    assert held(Definition("deduplicate", ("k",), "o"), **files) == [(1, None, "b.csv:2"), (2, 1, "a.csv:3")]
    assert [row[-1] for row in held(Definition(order_by="o"), **files)] == [
        "b.csv:2", "a.csv:3", "a.csv:4", "b.csv:3", "a.csv:1", "b.csv:1", "a.csv:2",
    ]  # fmt: skip


def test_keys_compare_under_the_derived_type() -> None:
    """`1` and `1.0` are one key among numbers and two among texts."""
    numbers = {"a": table("k,v", "1,a", "1.0,b")}
    assert held(UPDATE, **numbers) == [(Decimal(1), "b", "a.csv:2")]
    assert len(held(UPDATE, **numbers, b=table("k,v", "x,c"))) == 3


def test_export_order() -> None:
    """By key in the order of the key's columns; text by its UTF-8 bytes; columns as they first appear."""
    files = {"a": table("v,k,j", "x,\U0001f600,2", "x,\uffff,2", "x,é,2", "x,z,2", "x,a,1", "x,Z,2")}
    by_text = [row[1] for row in held(Definition("update", ("k", "j")), **files)]
    assert by_text == ["Z", "a", "z", "é", "\uffff", "\U0001f600"]
    by_number = [row[1] for row in held(Definition("update", ("j", "k")), **files)]
    assert by_number == ["a", "Z", "z", "é", "\uffff", "\U0001f600"]


def test_paths_rank_code_point_by_code_point() -> None:
    """`/` is a character like any other."""
    paths = ["a!.csv", "a/b.csv", "a.csv", "B.csv", "\ufffd.csv", "\U0001f600.csv"]
    target = derive({path: table("k", "1") for path in paths}, APPEND)
    assert [row.path for row in target.rows] == ["B.csv", "a!.csv", "a.csv", "a/b.csv", "\ufffd.csv", "\U0001f600.csv"]




def test_exports_are_compared_exactly() -> None:
    """Columns, rows, their order, and every digit."""
    file = table("k,d,x,b,t,s", "2,1.5,0.1234567890123456,true,2024-01-02T10:00:00.50,é", "1,-0.0,2,,,")
    target = derive({"a.csv": file}, UPDATE)
    rows = [
        '{"k":1,"d":0.0,"x":2.0000000000000000,"b":null,"t":null,"s":null}',
        '{"k":2,"d":1.5,"x":0.1234567890123456,"b":true,"t":"2024-01-02 10:00:00.5","s":"é"}',
    ]

    def found(*objects: str) -> list[str]:
        return export.differences(target, ("[\n\t" + ",\n\t".join(objects) + "\n]\n").encode())

    assert found(*rows) == []
    assert found(*reversed(rows))
    assert found(rows[0])
    changes = [("3456,", "3457,"), ('"k":1,"d":0.0', '"d":0.0,"k":1'), ("0.0", "-0.0"), ('"k":1', '"k":1.0')]
    for good, bad in [*changes, ("true", "1"), (".5", ".50")]:
        assert found(*[row.replace(good, bad) for row in rows])
    with pytest.raises(ValueError, match="NaN"):
        found(rows[0].replace("0.0", "NaN"), rows[1])

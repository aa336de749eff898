"""Files of different structure: matched by name, or held to a contract."""

from __future__ import annotations

import pytest

from trouble.home import Home

KEYED = ("--strategy", "update", "--key", "id")
BASE = {"a.csv": "id,n,v\n1,5,x\n"}
ODD = {
    "b.csv": "v,id,n,more,other\nx,2,6,m,o\n",
    "c.csv": "id,n\n3,word\n\n4,1.5\n5,8\n",
    "d.csv": "n,id\n9,6\n",
}


def test_columns_match_by_name_in_any_order(home: Home) -> None:
    """A missing column is NULL, a new one is added, the order does not matter, and types are those of all cells."""
    home.put({**BASE, **ODD})
    answer = home.run(*KEYED)
    assert answer.code == 0, answer.error
    assert home.exported() == [
        {"id": 1, "n": "5", "v": "x", "more": None, "other": None},
        {"id": 2, "n": "6", "v": "x", "more": "m", "other": "o"},
        {"id": 3, "n": "word", "v": None, "more": None, "other": None},
        {"id": 4, "n": "1.5", "v": None, "more": None, "other": None},
        {"id": 5, "n": "8", "v": None, "more": None, "other": None},
        {"id": 6, "n": "9", "v": None, "more": None, "other": None}]
    assert "n is VARCHAR because c.csv:2 = 'word'" in answer.error


@pytest.mark.parametrize("warehouse", [(), ("--warehouse", "kept.duckdb")])
def test_freeze_lists_all_differences_and_loads_nothing(home: Home, warehouse: tuple[str, ...]) -> None:
    """`freeze`: every extra column and misfit cell of every file in one run, with file, line and what to do."""
    home.put(BASE)
    assert home.run(*KEYED, "--schema-contract", "freeze", *warehouse).code == 0
    exported = home.output.read_bytes()
    home.put(ODD)
    for verb in ("plan", "run") if warehouse else ("run",):
        answer = home.run(*KEYED, "--schema-contract", "freeze", *warehouse, verb=verb)
        assert answer.code == 1
        assert "4 problems in 2 files" in answer.error
        for words in ("b.csv:1: column more: ", "b.csv:1: column other: ", "c.csv:2: n = 'word': not a whole number",
                      "c.csv:4: n = '1.5': not a whole number", "--schema-contract evolve"):
            assert words in answer.error, answer.error
        assert "d.csv" not in answer.error
        assert home.output.read_bytes() == exported
    answer = home.run(*KEYED, "--schema-contract", "freeze", "--on-error", "skip_file", *warehouse)
    assert answer.code == 0
    assert home.exported() == [{"id": 1, "n": 5, "v": "x"}, {"id": 6, "n": 9, "v": None}]


def test_discard_row_rejects_the_rows_that_do_not_fit(home: Home) -> None:
    """`discard_row`: rows that misfit or fill an extra column are rejects, the others load, types stay."""
    home.put(BASE)
    words = (*KEYED, "--schema-contract", "discard_row", "--on-error", "reject_row")
    assert home.run(*words).code == 0
    home.put({**ODD, "e.csv": "id,n,v,more\n7,1,z,\n"})
    answer = home.run(*words)
    assert answer.code == 0, answer.error
    assert home.exported() == [{"id": 1, "n": 5, "v": "x"}, {"id": 5, "n": 8, "v": None}, {"id": 6, "n": 9, "v": None},
                               {"id": 7, "n": 1, "v": "z"}]
    assert {(path, line, column, text) for _, path, line, _, column, text in home.rejects()} == {
        ("b.csv", 2, "more", "m"), ("b.csv", 2, "other", "o"), ("c.csv", 2, "n", "word"), ("c.csv", 4, "n", "1.5")}
    books = dict(home.sql("SELECT path, rejected FROM w.etl.books WHERE load_id = 2"))
    assert (books["b.csv"], books["c.csv"], books["d.csv"], books["e.csv"]) == (1, 2, 0, 0)
    before = home.standing()
    assert home.run(*words).code == 0
    assert home.standing() == before


def test_discard_row_is_enough_to_discard(home: Home) -> None:
    """`discard_row` says itself that rows that do not fit are rejected: `--on-error abort` is for everything else."""
    home.put(BASE)
    home.run(*KEYED, "--schema-contract", "discard_row")
    home.put({"c.csv": "id,n\n3,word\n4,7\n"})
    answer = home.run(*KEYED, "--schema-contract", "discard_row")
    assert (answer.code, answer.output) == (0, b"ETL complete: 2 records from 2 files\n"), answer.error
    assert [row[1:5] for row in home.rejects()] == [("c.csv", 2, 1, "n")]


@pytest.mark.parametrize("policy", [(), ("--on-error", "skip_file")])
def test_discard_row_is_enough_to_discard_by_declared_types(home: Home, policy: tuple[str, ...]) -> None:
    """A declared type is the structure that the contract holds to, from the first load on; other faults still abort."""
    home.put({"a.csv": "id,n\n1,10\n2,20\n3,x\n4,y\n"})
    words = (*KEYED, "--schema-contract", "discard_row", "--column", "n=BIGINT", *policy)
    answer = home.run(*words)
    assert (answer.code, answer.output) == (0, b"ETL complete: 2 records from 1 files\n"), answer.error
    assert home.rejects() == [("type", "a.csv", 4, 3, "n", "x"), ("type", "a.csv", 5, 4, "n", "y")]
    home.put({"b.csv": "id,n\n5,z\n6,60\n"})
    assert home.run(*words).code == 0
    assert home.exported() == [{"id": 1, "n": 10}, {"id": 2, "n": 20}, {"id": 6, "n": 60}]
    assert home.run(*words, "--max-rejects", "0").code == 0
    home.put({"c.csv": "id,n\n,7\n8,w\n"})
    answer = home.run(*words)
    assert answer.code == (0 if policy else 1)
    assert ("c.csv" in answer.error) is True
    assert len(home.exported()) == 3


def test_freeze_at_a_first_load_is_the_structure_of_the_first_file(home: Home) -> None:
    """The first file in the order of names states the contract, whatever stands in the others."""
    home.put({**BASE, "b.csv": "id,n,v,w\n2,1,x,y\n"})
    answer = home.run(*KEYED, "--schema-contract", "freeze")
    assert answer.code == 1
    assert "b.csv:1: column w: " in answer.error
    assert home.run(*KEYED).code == 0


def test_freeze_holds_to_declared_types(home: Home) -> None:
    """A declared type is part of the contract, and frozen types never narrow."""
    home.put({"a.csv": "id,n\n1,5\n"})
    words = (*KEYED, "--schema-contract", "freeze", "--column", "n=DECIMAL(6,2)")
    assert home.run(*words).code == 0
    home.put({"a.csv": "id,n\n1,5\n2,12345.5\n"})
    answer = home.run(*words)
    assert answer.code == 1
    assert "a.csv:3: n = '12345.5': " in answer.error
    assert "DECIMAL(6,2)" in answer.error


@pytest.mark.parametrize("option", ["--key", "--order-by"])
def test_a_contract_must_hold_the_key_and_the_order(home: Home, option: str) -> None:
    """A key or order column that files have and the contract keeps out is a mistake, said with its columns."""
    home.put({"a.csv": "id,n\n1,5\n"})
    kept = ("--warehouse", "kept.duckdb", "--table", "t")
    assert home.run(*KEYED, "--schema-contract", "discard_row", *kept).code == 0
    home.put({"a.csv": "id,n,late\n1,5,\n"})
    words = ("--key", "late") if option == "--key" else ("--key", "id", "--order-by", "late")
    answer = home.run("--strategy", "update", *words, *kept)
    assert answer.code == 2
    assert f"{option} late: the contract discard_row holds to the columns id, n." in answer.error

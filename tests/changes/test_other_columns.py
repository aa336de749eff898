"""Changes between versions of other columns: what the definition before asked for need not stand in what comes."""

from __future__ import annotations

from pathlib import Path

import pytest

import etl
from changes.conftest import Place
from changes.test_changes import run_cli
from etl.config import Settings
from etl.errors import UsageError, WarehouseError


def test_a_new_file_need_not_have_the_key_of_before(place: Place) -> None:
    """Another key, or none: a file that comes without the old key column loads, and is planned so."""
    place.put(a="id,k2\n1,a\n")
    place.run(strategy="update", key=("id", "k2"))
    place.put(b="id,c1\n1,b\n")
    planned, done = (place.run(key=("id",), plan=plan) for plan in (True, False))
    assert planned.records == done.records == 1
    place.put(c="c1\nz\n")
    place.run(strategy="append")
    assert place.rows() == [{"id": 1, "k2": "a", "c1": None}, {"id": 1, "k2": None, "c1": "b"},
                            {"id": None, "k2": None, "c1": "z"}]


def test_a_change_of_the_key_can_be_rolled_back(place: Place) -> None:
    """The version that comes back lacks the key column of the definition that is undone."""
    place.put(a="id,c1\n1,a\n")
    first = place.run(strategy="update", key=("id",))
    before = Path("out/t.json").read_bytes()
    place.put(a="id,k2\n1,a\n")
    second = place.run(key=("id", "k2"))
    assert (first.load_id, second.load_id) == (1, 2)
    place.warehouse.rollback(2)
    assert Path("out/t.json").read_bytes() == before


def test_a_contract_without_a_version_has_no_target(place: Place) -> None:
    """Once all files are unloaded there is no column, and `verify` builds the same nothing."""
    place.put(a="id,n\n1,2\n")
    place.run(strategy="update", key=("id",), schema_contract="freeze")
    place.warehouse.unload("t", "a.csv")
    assert run_cli("verify", "--warehouse", "out/w.duckdb").code == 0


def test_freeze_is_the_same_whenever_it_is_asked_for(place: Place, tmp_path: Path) -> None:
    """A record that is rejected for its key has no say in the structure, and breaks none: at once or later."""
    place.put(a="id,n\n,x\n1,5\n")
    words = {"strategy": "update", "key": ("id",), "source_dir": "in", "table": "t"}
    settings = Settings(on_error="reject_row")
    loads = []
    for steps in (("freeze",), ("evolve", "freeze")):
        opened = etl.open(tmp_path / f"{len(steps)}.duckdb", settings)
        loads.append([opened.run(etl.Dataset(schema_contract=step, **words)) for step in steps][-1])
    assert [load.records for load in loads] == [1, 1]
    assert loads[0].columns == loads[1].columns


def test_outputs_of_other_datasets_are_no_sources(place: Place) -> None:
    """A folder gives none of the outputs that a dataset of the same warehouse keeps up to date."""
    place.put(a="id\n1\n")
    place.run()
    Path("out/own.csv").write_text("id\n7\n", encoding="utf-8")
    answer = run_cli("run", "--source-dir", "out", "--table", "other", "--warehouse", "out/w.duckdb")
    assert answer.code == 0
    assert "1 records from 1 files" in answer.output.decode()


@pytest.mark.parametrize("size", [8192, 10_000])
def test_a_warehouse_that_was_cut_short_is_not_made_anew(place: Place, size: int) -> None:
    """What remains of one that stood is damaged, and stays as it is; only one never finished is taken away."""
    place.put(a="id\n1\n")
    place.run()
    path = Path("out/w.duckdb")
    remains = path.read_bytes()[:size]
    path.write_bytes(remains)
    with pytest.raises(WarehouseError, match="damaged"):
        place.run()
    assert path.read_bytes() == remains


@pytest.mark.parametrize("contract", ["freeze", "discard_row"])
def test_a_contract_holds_to_what_is_declared_too(place: Place, contract: str) -> None:
    """A column that is declared is part of the structure, though the target did not have it; no other one is."""
    place.put(a="id,v\n1,5\n")
    place.run(schema_contract=contract)
    place.put(b="id,v,w\n2,6,1.5\n")
    place.run(columns=(("w", "DECIMAL(9,2)"),))
    assert place.rows() == [{"id": 1, "v": 5, "w": None}, {"id": 2, "v": 6, "w": 1.50}]
    assert run_cli("verify", "--files", "--warehouse", "out/w.duckdb").code == 0
    place.put(c="id,v,w,x\n3,7,2.5,\n4,8,3.5,more\n")
    if contract == "freeze":
        with pytest.raises(etl.LoadFailed, match="1 problem in 1 file"):
            place.run()
    else:
        assert place.run().records == 3


@pytest.mark.parametrize("contract", ["freeze", "discard_row", "evolve"])
def test_a_declared_column_that_no_file_has_is_a_mistake(place: Place, contract: str) -> None:
    """Under every contract it is said so, with the columns that there are."""
    place.put(a="id,v\n1,5\n")
    with pytest.raises(UsageError, match=r"--column declares 'w', which no file has\. The columns are: id, v\."):
        place.run(schema_contract=contract, columns=(("w", "DOUBLE"),))

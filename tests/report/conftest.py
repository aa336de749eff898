"""A warehouse with a history worth a report: rejects, conflicts, a failed load, and texts that would like to run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

import etl

EVIL = "<script>alert('cell')</script>"
EVIL_FILE = "z <img src=x onerror=alert(1)> & $x$ \u202e.csv"
EVIL_COLUMN = "<b onclick=alert(2)>note"


@dataclass(frozen=True)
class Past:
    """A warehouse and its last load."""

    warehouse: Path
    load: etl.Load
    failed: int


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    """Three loads and a failed one, of three files."""
    place = tmp_path_factory.mktemp("past")
    drops, warehouse = place / "drops", place / "w.duckdb"
    drops.mkdir()

    def run(on_error: etl.config.OnError = "abort") -> etl.Load:
        return etl.run(etl.Dataset(source_dir=str(drops), table="people", strategy="update", key=("id",)),
                       warehouse=warehouse, settings=etl.Settings(on_error=on_error))

    def put(name: str, *rows: str) -> None:
        (drops / name).write_text("\n".join((f"id,n,{EVIL_COLUMN}", *rows)) + "\n", encoding="utf-8")

    put("a.csv", "1,1,one", "2,2,two", "3,3,three")
    run()
    put("b.csv", "3,30,drei", "4")
    with pytest.raises(etl.LoadFailed) as failure:
        run()
    put("b.csv", "3,30,drei", "4,4,vier")
    run()
    put("a.csv", "1,1,one", "2,N/A,two", f"5,5,{EVIL}")
    put(EVIL_FILE, "1,1,uno", f",7,{EVIL}", "8")
    load = run("reject_row")
    assert load.load_id is not None
    assert failure.value.load_id is not None
    _conflicts(warehouse, load.load_id)
    return Past(warehouse, load, failure.value.load_id)


def _conflicts(warehouse: Path, load_id: int) -> None:
    """Write a conflict into the ledger by hand."""
    with duckdb.connect() as raw:
        raw.execute(f"ATTACH '{warehouse}' AS w")
        raw.execute('CREATE TABLE IF NOT EXISTS w.etl.conflict ("load_id" BIGINT, path VARCHAR, other_path VARCHAR, '
                    '"column" VARCHAR, keys BIGINT, samples VARCHAR)')
        raw.execute("DELETE FROM w.etl.conflict")
        samples = [{"key": ["41"], "value": "kept value", "other": EVIL}, {"key": ["42"], "value": None, "other": ""}]
        raw.execute("INSERT INTO w.etl.conflict VALUES ($1, 'b.csv', 'a.csv', 'n', 17, $2)",
                    [load_id, json.dumps(samples)])

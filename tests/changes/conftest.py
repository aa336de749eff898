"""An accumulating warehouse of its own for every test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import etl


class Place:
    """`in/` has the sources, `out/w.duckdb` the warehouse with the table `t`, `out/t.json` its output."""

    def __init__(self) -> None:
        """Name the warehouse; nothing is made."""
        self.warehouse = etl.open("out/w.duckdb")

    def put(self, **files: str) -> None:
        """Write files below `in/`; an empty text takes one away."""
        for name, text in files.items():
            path = Path("in", f"{name}.csv")
            path.parent.mkdir(exist_ok=True)
            path.unlink(missing_ok=True)
            if text:
                path.write_text(text, encoding="utf-8")

    def run(self, *, plan: bool = False, **words: Any) -> etl.Load:
        """Run with these words stated."""
        dataset = etl.Dataset(**{"source_dir": "in", "table": "t", "output": "out/t.json", **words})
        return self.warehouse.plan(dataset) if plan else self.warehouse.run(dataset)

    def rows(self) -> Any:
        """What the output holds."""
        return json.loads(Path("out/t.json").read_bytes())

    def definition(self) -> tuple[Any, ...]:
        """As it is stored, with the reading."""
        return self.warehouse.sql("SELECT definition, reading FROM etl.dataset WHERE name = 't'").rows[0]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return Place()

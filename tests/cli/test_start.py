"""Start-up: what is imported before it is needed costs every command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ["duckdb", "sqlalchemy", "alembic", "rich"]


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    """`import etl.cli` loads neither the database nor what draws bars."""
    code = f"import sys, json, etl.cli; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == []


def test_project_py_is_run() -> None:
    """`python project.py --help` is the help of `etl run`, and so is `python -m etl run --help`."""
    door = subprocess.run([sys.executable, "project.py", "--help"], cwd=ROOT, capture_output=True, text=True,
                          check=True)
    module = subprocess.run([sys.executable, "-m", "etl", "run", "--help"], cwd=ROOT, capture_output=True, text=True,
                            check=True)
    assert door.stdout == module.stdout
    assert door.stdout.startswith("Usage: etl run [OPTIONS] [SOURCE]...")


def test_a_load_does_not_import_pandas(tmp_path: Path) -> None:
    """DuckDB would, with the first value that is bound, where pandas is installed."""
    (tmp_path / "pandas").mkdir()
    (tmp_path / "pandas/__init__.py").write_text("open('imported', 'w').close()\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("id\n1\n", encoding="utf-8")
    answer = subprocess.run([sys.executable, "-m", "etl", "run", "a.csv", "--output", "a.json"], cwd=tmp_path,
                            env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}, capture_output=True,
                            text=True, check=False, timeout=60)
    assert (answer.returncode, answer.stdout) == (0, "ETL complete: 1 records from 1 files\n"), answer.stderr
    assert not (tmp_path / "imported").exists()

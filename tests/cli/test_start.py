"""Start-up: what is imported before it is needed costs every command."""

from __future__ import annotations

import json
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

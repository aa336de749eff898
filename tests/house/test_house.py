"""The house keeps its own rules: floors, types, style, and commands that stand where they say."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]


def check(tool: str, *command: str) -> None:
    """Run a tool over the house and show what it says where it is not content."""
    if importlib.util.find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed: pip install -e '.[test]'")
    plain = [sys.executable, *command]
    done = subprocess.run(
        plain, cwd=HOUSE, env=os.environ | {"NO_COLOR": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{tool}\n{done.stdout}{done.stderr}"


def test_imports_go_down_the_floors() -> None:
    """No room imports from a room above or beside it, every room has its floor, and no circle exists."""
    check("importlinter", "-c", "import sys, importlinter.cli as c; sys.exit(c.lint_imports(no_logo=True))")


def test_types_hold() -> None:
    """Strict mypy is content with the package, the benchmarks and the door."""
    check("mypy", "-m", "mypy")


def test_style_holds() -> None:
    """Ruff is content with every file, by the rules and reasons in `pyproject.toml`."""
    check("ruff", "-m", "ruff", "check")


def test_each_rule_that_is_off_has_its_reason() -> None:
    """Beside each rule that ruff does not hold stands why."""
    text = (HOUSE / "pyproject.toml").read_text(encoding="utf-8")
    bare = [line for line in text.splitlines() if re.match(r'\s+"[A-Z]+\d+",\s*$', line)]
    assert bare == []
    assert re.findall(r"# noqa(?!: [A-Z]+\d+)", "".join(sources())) == []
    assert re.findall(r"# type: ignore(?!\[)", "".join(sources())) == []


def sources() -> list[str]:
    """The text of every file of the package."""
    return [path.read_text(encoding="utf-8") for path in sorted((HOUSE / "etl").rglob("*.py"))]

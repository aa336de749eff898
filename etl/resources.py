"""Where `sql/` and `migrations/` are: beside the package in a checkout, inside it in an installed one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def resources(name: Literal["sql", "migrations"]) -> Path:
    """The folder of that name."""
    inside = Path(__file__).parent / f"_{name}"
    return inside if inside.is_dir() else Path(__file__).parent.parent / name

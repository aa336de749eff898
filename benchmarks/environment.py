"""The benchmarks' own environment: this checkout and what it is compared against, installed once."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HOUSE = Path(__file__).parents[1]


def environment() -> Path:
    """The Python of an environment under the cache folder, made anew when `pyproject.toml` has changed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    wanted = hashlib.sha256((HOUSE / "pyproject.toml").read_bytes() + bytes(HOUSE)).hexdigest()[:12]
    folder = cache / "etl-benchmarks" / wanted
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        print(f"Installing what is compared into {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-e", f"{HOUSE}[bench]"], check=True, stdout=sys.stderr)
        (folder / "complete").touch()
    return python


def versions(python: Path) -> str:
    """What is compared, in one line."""
    code = "import importlib.metadata as m; print(', '.join(f'{p} {m.version(p)}' for p in %r))"
    packages = ["duckdb", "polars", "pandas", "dlt"]
    return subprocess.run([python, "-c", code % packages], check=True, capture_output=True, text=True).stdout.strip()

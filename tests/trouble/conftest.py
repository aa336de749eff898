"""A home of its own for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from trouble.home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty folder, which is the current one."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "4000")
    monkeypatch.delenv("ETL_DEBUG", raising=False)
    return Home(folder)

"""A home of its own for every test."""

from __future__ import annotations

from pathlib import Path

import pytest
from trouble.home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return Home(tmp_path)

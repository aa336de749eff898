"""What the tests of the sources share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from etl.sources.discovery import FileStat, SourceFile

MakeFile = Callable[..., SourceFile]


@pytest.fixture(scope="session")
def make_file(tmp_path_factory: pytest.TempPathFactory) -> MakeFile:
    """Write bytes to a file and list it."""
    folder = tmp_path_factory.mktemp("sources")

    def make(data: bytes, name: str = "x.csv") -> SourceFile:
        path: Path = folder / name
        path.write_bytes(data)
        return SourceFile(name, str(path), FileStat.of(path))

    return make

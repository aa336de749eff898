"""The command line, run in this process against a library that does what a test says."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from cli.stand_in import Answer, Etl, Library
from etl.cli.door import execute


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    """The modules that the commands import, replaced."""
    library = Library()
    names = {"etl.load": ["run", "unload"], "etl.export": ["export_table"],
             "etl.inspect": ["status", "history", "rejects", "file", "query", "why", "verify"]}
    for module, functions in names.items():
        stand_in = ModuleType(module)
        for function in functions:
            setattr(stand_in, function, library.function(function))
        monkeypatch.setitem(sys.modules, module, stand_in)
    for name in ("Written", "check_written"):  # the places that are written to are held apart elsewhere
        setattr(sys.modules["etl.load"], name, lambda *_places, **_words: None)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("ETL_DEBUG", raising=False)
    return library


@pytest.fixture
def etl(capsys: pytest.CaptureFixture[str]) -> Etl:
    """Run one command line in this process."""

    def run(*arguments: str) -> Answer:
        code = execute(arguments)
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run

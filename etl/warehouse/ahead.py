"""SQLAlchemy imported ahead of its use, in a thread of its own, while DuckDB reads files."""

from __future__ import annotations

from importlib import import_module
from threading import Thread

_importing: list[Thread] = []


def import_ahead(*modules: str) -> None:
    """Begin to import the modules that bring SQLAlchemy; once a process."""
    if not _importing:
        _importing.append(Thread(target=lambda: [import_module(name) for name in modules], name="imports", daemon=True))
        _importing[0].start()


def imported() -> None:
    """Wait for it where it has begun: two threads that import the same modules could see each other's halves."""
    for thread in _importing:
        thread.join()

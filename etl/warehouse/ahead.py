"""SQLAlchemy imported ahead of its use, in a thread of its own, while DuckDB reads files."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from threading import Thread

_importing: list[Thread] = []


def import_ahead(*modules: str) -> None:
    """Begin to import the modules that bring SQLAlchemy; once a process, which waits for it where it ends before.

    What fails here is not told: it fails again, and is told, where it is needed.
    """
    if not _importing:
        _importing.append(Thread(target=_import, args=(modules,), name="imports"))
        _importing[0].start()


def _import(modules: tuple[str, ...]) -> None:
    with suppress(Exception):
        for name in modules:
            import_module(name)


def imported() -> None:
    """Wait for it where it has begun: two threads that import the same modules could see each other's halves."""
    for thread in _importing:
        thread.join()

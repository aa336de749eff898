"""Statements that may take long, so that Ctrl-C ends them at once.

DuckDB's own answer to a signal leaves its threads at work where the next statement, the ROLLBACK among them, follows
too soon: it takes the interrupt back, and waits until the interrupted statement has come to its end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import duckdb

T = TypeVar("T")
LISTEN_SECONDS = 0.2  # how long a signal may wait where the platform does not wake who waits
AGAIN_SECONDS = 0.05


class Worker:
    """One thread in which the statements of one connection run, while the caller's thread listens for signals."""

    def __init__(self, raw: duckdb.DuckDBPyConnection) -> None:
        """Serve a connection; nothing else may use it meanwhile."""
        self._raw = raw
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"etl-{id(self)}")

    def do(self, work: Callable[[], T]) -> T:
        """Do work on the connection; an exception in this thread interrupts it, and is raised when it has ended."""
        if threading.current_thread().name.startswith(f"etl-{id(self)}"):  # work that asks for work
            return work()
        future = self._pool.submit(work)
        try:
            while not future.done():
                wait([future], LISTEN_SECONDS)
        except BaseException:
            while not future.done():  # what it is about to begin is interrupted too
                self._raw.interrupt()
                wait([future], AGAIN_SECONDS)
            raise
        return future.result()

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()

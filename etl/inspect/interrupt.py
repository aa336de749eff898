"""Statements that may take long, so that Ctrl-C ends them at once.

DuckDB's own answer to a signal leaves its threads at work where the next statement, the ROLLBACK among them, follows
too soon: it takes the interrupt back, and waits until the interrupted statement has come to its end.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from etl.warehouse import Warehouse

T = TypeVar("T")
LISTEN_SECONDS = 0.2  # how long a signal may wait where the platform does not wake who waits
AGAIN_SECONDS = 0.05


def interruptible(warehouse: Warehouse, work: Callable[[], T]) -> T:
    """Do work on the connection of a warehouse in a thread of its own, and interrupt it where this one is.

    Nothing else may use the connection meanwhile.
    """
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        try:
            while not future.done():
                wait([future], LISTEN_SECONDS)
        except BaseException:
            while not future.done():  # what it is about to begin is interrupted too
                warehouse.raw.interrupt()
                wait([future], AGAIN_SECONDS)
            raise
        return future.result()

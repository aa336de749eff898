"""Ctrl-C and a termination, from the program's first line to its last."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any, Self

PATIENCE = 3.0  # seconds in which what was interrupted may clean up; a signal repeated in them changes nothing


class Interrupts:
    """Makes both signals raise KeyboardInterrupt while it is entered, and remembers that one came.

    Attributes:
        came: A signal came.
    """

    def __init__(self, *, last: bool = False) -> None:
        """Do nothing yet.

        Args:
            last: Nothing but the end of the process follows; signals are ignored from there on, so that the process
                ends with the code it gave itself.
        """
        self.came = False
        self._last = last
        self._first = 0.0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Listen. Only the main thread may; a signal that whoever started us ignores stays ignored."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if (before := signal.getsignal(number)) is not signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._interrupt)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Listen no more."""
        for number, handler in self._before.items():
            if self._last:
                signal.signal(number, signal.SIG_IGN)
            else:  # None is a handler that was not set from Python, and cannot be from here
                signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def deafen(self) -> None:
        """Ignore signals until left: what is still to be said is said."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.came and now - self._first < PATIENCE:
            return
        self.came, self._first = True, now
        raise KeyboardInterrupt

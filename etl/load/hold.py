"""From COMMIT until the warehouse is closed nothing interrupts: what is committed is finished, and said as done."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Hold:
    """Lets interrupts pass until `begin`, and then holds them off until it is left.

    Signals reach Python in the main thread alone; in another thread there is nothing to hold.
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._before: dict[signal.Signals, Any] = {}

    def begin(self) -> None:
        """Hold off interrupts from now on."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, _held) for number in SIGNALS}

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Let interrupts pass again."""
        for number, handler in self._before.items():
            signal.signal(number, handler)


def _held(_number: int, _frame: FrameType | None) -> None:
    """Nothing: the load is committed."""

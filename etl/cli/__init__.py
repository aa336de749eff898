"""The top floor: arguments in, exit code out.

What is slow to import (DuckDB, SQLAlchemy, Alembic, rich) is imported inside the command that needs it, so that
`--help` and a misspelt option answer at once.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

INTERRUPTED = 130

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C
    try:
        from etl.cli.door import main as enter  # noqa: PLC0415  it is long enough in coming to be interrupted
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted: nothing was done.\n")
        sys.exit(INTERRUPTED)
    enter(arguments)

"""One process: how long it took and how much memory it held at most."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took.

    Args:
        seconds: Wall time, from before it was started until it had ended.
        megabytes: The most memory it held at once.
    """

    seconds: float
    megabytes: float


def measure(command: Sequence[str], folder: Path) -> Cost:
    """Run a command to its end in a folder.

    The parent stays small on purpose: on Linux a child's peak begins at that of
    the process which started it, so this one never imports DuckDB.

    Raises:
        RuntimeError: The command failed; with what it said.
    """
    os.sync()  # what the one before left unwritten is not on this one's account
    # dlt would report its use over the network, and warns about hints that differ in nullability.
    quiet = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    with (folder / "said").open("w+b") as said:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **quiet}, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)}\n{said.read().decode()[-4000:]}")
    return Cost(seconds, usage.ru_maxrss / 1024)

"""Who holds a warehouse: its process, the command, and since when; asked of the system, so nothing is left behind."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from etl.errors import shorten

PROCESSES = Path("/proc")
LONGEST = 200


def held(path: Path, message: str, seconds: float) -> str:
    """The sentence for a warehouse that was not free in time.

    Args:
        message: DuckDB's own; it names the process that has the lock.
    """
    found = re.search(r"held in (.+?) \(PID (\d+)\)", message)
    if found:
        who = f"{_command(int(found[2])) or found[1]} (process {found[2]}){_since(int(found[2]))}"
    else:
        who = "another connection of this process" if "file handle" in message else "another process"
    return (f"The warehouse {path} is held by {who} and was not free within {seconds:g} s. "
            "Wait for it to end, or give more time with --lock-timeout.")


def _command(process: int) -> str | None:
    """The command line of a process, as it was typed; None where the system does not tell."""
    try:
        words = (PROCESSES / str(process) / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return None
    words = [word for word in words if word]
    if len(words) > 1 and re.match(r"python[\d.]*\Z", Path(words[0]).name):
        words = [Path(words[1]).name, *words[2:]] if not words[1].startswith("-") else words
    return shorten(" ".join(words), LONGEST)[1:-1] or None


def _since(process: int) -> str:
    """When a process began."""
    try:
        # The name of the program stands in parentheses and may hold anything; what follows is numbers.
        ticks = int((PROCESSES / str(process) / "stat").read_text("utf-8").rpartition(")")[2].split()[19])
        booted = next(int(line.split()[1]) for line in (PROCESSES / "stat").read_text("utf-8").splitlines()
                      if line.startswith("btime "))
    except (OSError, ValueError, IndexError, StopIteration):
        return ""
    began = datetime.fromtimestamp(booted + ticks / os.sysconf("SC_CLK_TCK"), UTC)
    return f", which runs since {began:%Y-%m-%d %H:%M:%S} UTC,"

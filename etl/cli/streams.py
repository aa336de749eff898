"""The two streams: results on standard output, everything said to a person on standard error."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from typing import BinaryIO, TextIO

import click

from etl.errors import StorageError

WIDTH_WITHOUT_TERMINAL = 80
NARROWEST = 40


def prepare() -> None:
    """Make the streams take any text: what their encoding cannot say is spelt out instead of raised."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def say(lines: Iterable[str]) -> None:
    """Write lines to standard output, in the encoding of the terminal.

    Raises:
        BrokenPipeError: Nobody reads any more.
        StorageError: Standard output does not take it, for example because its disk is full.
    """
    try:
        for line in lines:
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StorageError(_not_taken(error)) from error


def emit(lines: Iterable[str]) -> None:
    """Write lines that a program reads to standard output: UTF-8 and LF on every machine.

    Raises:
        BrokenPipeError: Nobody reads any more.
        StorageError: Standard output does not take it, for example because its disk is full.
    """
    stream = standard_output()
    try:
        for line in lines:
            stream.write(f"{line}\n".encode("utf-8", "surrogateescape"))
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StorageError(_not_taken(error)) from error


def standard_output() -> BinaryIO:
    """Standard output as bytes, with nothing of the text waiting before it."""
    sys.stdout.flush()
    return sys.stdout.buffer


def tell(line: str, colour: str | None = None) -> None:
    """Write one line to standard error; where that is closed there is nobody to tell, and the work goes on.

    Args:
        line: Safe to show.
        colour: As click names it; only a terminal sees it, and none with NO_COLOR.
    """
    if colour is not None and coloured(sys.stderr):
        line = click.style(line, fg=colour)
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def coloured(stream: TextIO) -> bool:
    """Whether colours may be used: on a terminal that is not dumb, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int:
    """How many cells a line may take: COLUMNS, else the terminal's width, else 80."""
    stated = os.environ.get("COLUMNS", "")
    if stated.isdecimal() and int(stated) > 0:
        return max(int(stated), NARROWEST)
    try:
        found = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        found = 0
    return max(found or WIDTH_WITHOUT_TERMINAL, NARROWEST)


def leave_quietly() -> None:
    """Point standard output at nothing, so that Python does not complain of a broken pipe while it ends."""
    with contextlib.suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


def _not_taken(error: OSError) -> str:
    return f"Standard output does not take what is written to it: {error.strerror or error}."

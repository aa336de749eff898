"""A folder for what is written aside, which a killed process does not leave behind for long: the next one removes it.

A process holds a lock on a file in its folder for as long as it lives, so a folder whose lock is free is nobody's.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from etl.errors import StorageError

if sys.platform != "win32":  # there are no such locks: nothing is removed there but one's own
    import fcntl

PREFIX = ".etl-scratch-"  # hidden: no source folder takes what stands in it
LOCK = "held"
WORK = "work"  # made once the lock is held, so that it stands without one only where its removal was cut short
YOUNG_SECONDS = 60  # a folder this young may be about to get its lock


@contextmanager
def scratch(parent: Path | None) -> Iterator[Path]:
    """An empty folder below `parent` (None: the system's for such things), removed at the end.

    Raises:
        StorageError: It cannot be made there.
    """
    with ExitStack() as held:
        try:
            folder = held.enter_context(_made(parent))
        except OSError as error:
            where = "the system's folder for temporary files" if parent is None else f"the folder {parent}"
            raise StorageError(f"Nothing can be written aside in {where}: {error.strerror or error}. Check it and the "
                               "room on its disk, or name another with --temp-dir.") from error
        yield folder


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file to be written aside, which takes the place of `path` at the end, flushed; after an error nothing does.

    Raises:
        OSError: The folder or the disk does not take it.
    """
    with _made(path.absolute().parent) as folder:
        aside = folder / "whole"
        yield aside
        with aside.open("rb+") as written:
            os.fsync(written.fileno())
        aside.replace(path)


@contextmanager
def _made(parent: Path | None) -> Iterator[Path]:
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent, ignore_cleanup_errors=True) as folder,
        Path(folder, LOCK).open("wb") as lock,
    ):
        if sys.platform != "win32":
            fcntl.flock(lock, fcntl.LOCK_EX)
            remove_left(Path(folder).parent)
        inner = Path(folder, WORK)
        inner.mkdir()
        yield inner


def remove_left(parent: Path) -> None:
    """Remove the folders of processes that are gone."""
    for folder in left(parent):
        with suppress(OSError):
            shutil.rmtree(folder)


def left(parent: Path) -> list[Path]:
    """The folders of processes that are gone."""
    found = []
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if _free(folder):
                found.append(folder)
    return found


def _free(folder: Path) -> bool:
    """Whether no process that lives has it; asked under its lock, which its maker may be about to take."""
    try:
        lock = os.open(folder / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return _begun(folder)
    try:
        if sys.platform != "win32":
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return _begun(folder)
    except OSError:
        return False
    finally:
        os.close(lock)


def _begun(folder: Path) -> bool:
    return (folder / WORK).exists() or time.time() - folder.stat().st_mtime > YOUNG_SECONDS

"""Whether a file that is about to be written would be taken as a source, by the rules of discovery itself."""

from __future__ import annotations

import glob
import os
from contextlib import suppress
from pathlib import Path

from etl.config import Selection
from etl.errors import EtlError
from etl.sources.discovery import Search, pattern
from etl.sources.formats import KNOWN


def would_take(selection: Selection, root: Path, path: Path) -> bool:
    """Whether a selection takes the file at `path`, or would if one stood there.

    The folders are walked, so that also what links lead to is told. A source that is not there takes nothing.
    """
    base = _absolute(root)
    names = {_absolute(path), Path(os.path.realpath(path))}
    if selection.sources:
        return any(_source_takes(selection, base, source, names) for source in selection.sources)
    search = Search(base, selection.include, selection.exclude, frozenset())
    with suppress(EtlError):
        search.folder_source(str(base))
    return _takes(search, names)


def _source_takes(selection: Selection, root: Path, source: str, names: set[Path]) -> bool:
    search = Search(root, selection.include, selection.exclude, frozenset())
    with suppress(EtlError):
        search.source(source)
    if _takes(search, names):
        return True
    stated = _absolute(source)
    if stated.is_dir():
        return False
    if os.path.lexists(source) or not glob.has_magic(source):
        return stated in names and not search.filtered(_below(stated, root))
    shape = pattern(os.path.normpath(source))
    start = Path("/") if Path(source).is_absolute() else Path.cwd()  # whose own name is no glob
    shaped = (name for name in names if shape.match(_below(name, start)) and not name.name.startswith("."))
    return any(not search.filtered(_below(name, root)) for name in shaped)


def _takes(search: Search, names: set[Path]) -> bool:
    """Whether one of the names of a file is among what was found, or would stand in a folder that was walked."""
    return any(_found(search, name) or (KNOWN.search(name.name) and _walked(search, name)) for name in names)


def _found(search: Search, name: Path) -> bool:
    try:
        inode = name.stat().st_ino
        return any(file.stat.inode == inode and name.samefile(file.absolute) for file in search.files.values())
    except OSError:
        return False


def _walked(search: Search, name: Path) -> bool:
    folder = next(above for above in name.parents if above.exists())  # those below it are still to be made
    found, below = folder.stat(), name.relative_to(folder)
    prefix = search.walked.get((found.st_dev, found.st_ino))
    hidden = any(part.startswith(".") for part in below.parts)
    return prefix is not None and not hidden and not search.filtered(prefix + below.as_posix())


def _below(name: Path, root: Path) -> str:
    return os.path.relpath(name, root).replace(os.sep, "/")


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow links

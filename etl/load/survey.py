"""What is on disk against what is loaded: which files are new, changed, gone or as they were."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from etl.config import Reading
from etl.errors import Problem, SourceMissing, UsageError
from etl.ledger.read import HeldContent, LoadedFile
from etl.load.request import Request
from etl.result import Report
from etl.sources.discovery import FileStat, Listing, SourceFile, discover, matches, pattern
from etl.sources.formats import KNOWN, SAID
from etl.sources.scan import Scan, scan_all
from etl.staging.shapes import with_shapes
from etl.warehouse import Warehouse

SETTLED_NS = 2_000_000_000  # a time stamp younger than this when it was taken may not tell a later change


@dataclass(frozen=True, slots=True)
class Survey:
    """The files of a run.

    Args:
        incoming: Scans of new and changed files, by rank.
        changed: Paths of `incoming` that have a loaded version of other content.
        gone: Loaded versions whose file was not found.
        same: Loaded versions whose file is as it was; `touched`: those of them with new time stamps.
        problems: Files that cannot be read.
        held: Paths whose content is held, each with the path that it was let go at: they are skipped.
        released: Holds of paths at which other content stands now.
    """

    listing: Listing
    incoming: tuple[Scan, ...]
    changed: frozenset[str]
    gone: tuple[LoadedFile, ...]
    same: tuple[LoadedFile, ...]
    touched: tuple[tuple[LoadedFile, Scan], ...]
    problems: tuple[Problem, ...]
    twins: tuple[tuple[str, str], ...]
    held: tuple[tuple[str, str], ...] = ()
    released: tuple[HeldContent, ...] = ()


NOTHING = Survey(Listing(Path(), (), 0, (), ()), (), frozenset(), (), (), (), (), ())


def survey(
    request: Request, loaded: Mapping[str, LoadedFile], holds: Sequence[HeldContent], ours: Sequence[Path],
    report: Report, threads: int, folder: Path,
) -> Survey:
    """Find the files and read those that are not known to be as they were.

    Args:
        folder: An empty folder for what is unpacked and transcoded.

    Raises:
        SourceMissing: The folder is not there, or nothing was found where something must be.
        UsageError: The output is among the sources.
    """
    listing = discover(request.selection, request.root, ours)
    _refuse_output(request, listing)
    if not listing.files and not listing.problems and (request.fresh or not loaded):
        raise SourceMissing(f"No file to load was found in {_tried(request, listing)}. {SAID}.")
    reading = request.reading.canonical()
    same, unknown = [], []
    for file in listing.files:
        known = loaded.get(file.path)
        if known is not None and known.reading == reading and _untouched(file, known):
            same.append(known)
        else:
            unknown.append(file)
    scans = scan_all(unknown, request.reading, report, threads, folder)
    released = _released(holds, {known.path: (known.bytes_alone,) for known in same}
                         | {scan.file.path: (scan.content, scan.fingerprint) for scan in scans if scan.problem is None})
    standing = [hold for hold in holds if hold not in released]  # a hold that ends with this run skips nothing any more
    incoming, touched, problems, held = [], [], list(listing.problems), []
    for scan in scans:
        known = loaded.get(scan.file.path)
        if scan.problem is not None:
            problems.append(scan.problem)
        elif known is not None and known.fingerprint == scan.fingerprint:
            same.append(known)
            touched.append((known, scan))
        elif (hold := _hold(scan, known, standing)) is not None:
            held.append((scan.file.path, hold.path))
        else:
            incoming.append(scan)
    found = {file.path for file in listing.files}
    return Survey(
        listing, tuple(incoming), frozenset(scan.file.path for scan in incoming if scan.file.path in loaded),
        tuple(known for path, known in loaded.items() if path not in found and not _hidden(path, problems)),
        tuple(same), tuple(touched), tuple(problems), _twins(incoming, loaded), tuple(held), released,
    )


def _hold(scan: Scan, known: LoadedFile | None, holds: Sequence[HeldContent]) -> HeldContent | None:
    """By which hold a file is skipped: its content is held at its path, or elsewhere and not loaded here."""
    found = [hold for hold in holds if hold.content in (scan.content, scan.fingerprint)]
    here = next((hold for hold in found if hold.path == scan.file.path), None)
    if here is not None or not found or (known is not None and known.content == scan.content):
        return here
    return found[0]


def _released(holds: Sequence[HeldContent], contents: Mapping[str, tuple[str, ...]]) -> tuple[HeldContent, ...]:
    """The holds at whose path other content stands now."""
    return tuple(hold for hold in holds if hold.path in contents and hold.content not in contents[hold.path])


def shaped(warehouse: Warehouse, found: Survey, reading: Reading, folder: Path) -> Survey:
    """The same with the columns of files that are no CSV text.

    Args:
        folder: Where documents are written as lines; it must stay until they are staged.
    """
    if all(scan.format == "csv" for scan in found.incoming):
        return found
    scans = with_shapes(warehouse, found.incoming, reading, folder)
    return replace(
        found, incoming=tuple(scan for scan in scans if scan.problem is None),
        changed=found.changed - {scan.file.path for scan in scans if scan.problem is not None},
        problems=(*found.problems, *(scan.problem for scan in scans if scan.problem is not None)),
    )


def _tried(request: Request, listing: Listing) -> str:
    selection = request.selection
    narrowed = [f"--include {pattern}" for pattern in selection.include]
    narrowed += [f"--exclude {pattern}" for pattern in selection.exclude]
    return ", ".join(listing.patterns) + (f" with {' '.join(narrowed)}" if narrowed else "")


def _untouched(file: SourceFile, known: LoadedFile) -> bool:
    stat = file.stat
    return (
        FileStat(known.size, known.mtime_ns, known.ctime_ns, known.inode) == stat
        and known.taken_ns - max(known.mtime_ns, known.ctime_ns) >= SETTLED_NS
    )


def _hidden(path: str, problems: Sequence[Problem]) -> bool:
    """Whether a loaded file was not found because its folder could not be looked into: that is not gone."""
    return any(p.path is not None and (path == p.path or path.startswith(p.path + "/")) for p in problems)


def _twins(incoming: Sequence[Scan], loaded: Mapping[str, LoadedFile]) -> tuple[tuple[str, str], ...]:
    first: dict[str, str] = {known.bytes_alone: path for path, known in sorted(loaded.items(), reverse=True)}
    twins = []
    for scan in incoming:
        other = first.setdefault(scan.content, scan.file.path)
        if other != scan.file.path and not scan.empty:
            twins.append((scan.file.path, other))
    return tuple(twins)


def _refuse_output(request: Request, listing: Listing) -> None:
    if request.output is None:
        return
    selection, output = request.selection, Path(os.path.realpath(request.output))
    root = Path(os.path.realpath(request.root))
    if root in output.parents and KNOWN.search(output.name) and (
            not selection.sources or any(Path(source).is_dir() for source in selection.sources)):
        below = output.relative_to(root).as_posix()
        if not matches(below, tuple(pattern(glob) for glob in selection.exclude)):
            raise UsageError(f"The output {request.output} would be among the sources, below {request.root}. "
                             "Write it to another folder, or leave it out with --exclude.")
    try:
        inode = request.output.stat().st_ino
    except OSError:
        return
    if any(file.stat.inode == inode and request.output.samefile(file.absolute) for file in listing.files):
        raise UsageError(f"The output {request.output} is among the sources. Write it to another folder.")

"""What a person is told of a load: the books file by file, what left or was left out, and where it all is."""

from __future__ import annotations

import heapq
import shlex
from collections.abc import Iterator, Sequence
from operator import attrgetter

from etl.cli.printable import cells, elide, pad, printable
from etl.config import DEFAULT_WAREHOUSE
from etl.errors import Problem, count, shorten
from etl.result import Conflict, FileBooks, Load, ValueChange

FILES_SHOWN = 20
PROBLEMS_SHOWN = 20
NARROWEST_NAME = 16

# What every load has, and what is left out where it is zero for every file.
ALWAYS = ("read", "rejected", "inserted")
OFTEN = ("updated", "unchanged", "superseded", "duplicate")


def closing_line(load: Load) -> str:
    """The one line on standard output, in the words that the README promises (also for one record or file)."""
    return f"ETL complete: {load.records} records from {load.versions} files"


def plan_line(load: Load) -> str:
    """The first line of a plan."""
    target = f"{count(load.records, 'record')} from {count(load.versions, 'file')}"
    if load.status == "nothing new":
        return f"Plan: nothing to do; the target has {target}."
    moves = (f"{len(load.new):,} new, {len(load.changed):,} changed, {len(load.gone):,} gone, "
             f"{load.unchanged:,} as loaded")
    if load.command != "run":
        moves = f"{len(load.gone):,} would leave, {len(load.back):,} would come back"
    return f"Plan: the target would have {target} ({moves}). Nothing was done."


def summary(load: Load, width: int) -> Iterator[str]:
    """The lines of the summary, without the warnings.

    Args:
        load: A run, a plan, or one that had nothing to do.
        width: Cells that a line of the table may take.
    """
    if load.status == "nothing new":
        yield f"Nothing new: {count(load.unchanged, 'file')} as loaded before; the target is as it was."
    if load.files:
        yield from file_table(load.files, width)
        yield ""
    if load.status != "nothing new":
        yield _target(load)
    if load.command == "run":
        yield from _named("gone, so their rows left the target", load.gone)
        yield from _named("skipped: their content is held (etl reload ends that)", load.held)
    else:
        yield from _named("no longer loaded", load.gone)
        yield from _named("back from staging", load.back)
        yield from _named("held: runs skip their content (etl reload ends that)", load.held)
    yield from _named("STALE: changed, but with problems, so the version loaded before stays", load.stale)
    yield from _named("left out, with problems", load.skipped)
    yield from _cut([f"  {printable(str(problem))}" for problem in load.problems], "problems")
    if load.not_taken:
        yield f"{count(load.not_taken, 'file')} not taken: hidden, left out, or of no known extension."
    yield from _cut([f"{printable(column.name)} is {column.type} because {printable(column.reason)}"
                     for column in load.columns if column.reason and load.status != "nothing new"], "columns")
    yield from structure(load)
    yield from ahead(load)
    yield from (f"Definition: {printable(change)}" for change in load.changes)
    yield from conflicts(load)
    yield from rejects(load)
    yield from _closing(load)


def file_table(files: Sequence[FileBooks], width: int) -> Iterator[str]:
    """The books of the largest files in their order, of the rest as one line, and of all together."""
    headings = [*ALWAYS, *(word for word in OFTEN if any(getattr(file, word) for file in files))]
    rows = [[f"{number:,}" for number in _sums(part, headings)] for _, part in _parts(files)]
    names = [name for name, _ in _parts(files)]
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    room = width - sum(widths) - len(widths)
    stacked = room < NARROWEST_NAME
    room = width if stacked else min(room, max(map(cells, ["file", *names])))
    for name, numbers in zip(["file", *names], [headings, *rows], strict=True):
        first = pad(elide(name, room), room)
        line = " ".join(pad(number, taken, right=True) for number, taken in zip(numbers, widths, strict=True))
        yield from ([first.rstrip(), line] if stacked else [f"{first} {line}"])


def _parts(files: Sequence[FileBooks]) -> list[tuple[str, Sequence[FileBooks]]]:
    """The rows of the table: their names, and the files that each counts."""
    if len(files) <= FILES_SHOWN:
        rows: list[tuple[str, Sequence[FileBooks]]] = [(printable(file.path), [file]) for file in files]
    else:
        largest = {file.path for file in heapq.nlargest(FILES_SHOWN, files, key=attrgetter("read"))}
        rows = [(printable(file.path), [file]) for file in files if file.path in largest]
        rest = [file for file in files if file.path not in largest]
        rows.append((f"... and {count(len(rest), 'more file')}", rest))
    return [*rows, (f"total of {count(len(files), 'file')}", files)]


def _sums(files: Sequence[FileBooks], words: Sequence[str]) -> list[int]:
    return [sum(getattr(file, word) for file in files) for word in words]


def _target(load: Load) -> str:
    """The books of the target in a sentence; `after = before + inserted + returned - removed`."""
    books = load.target
    parts = [f"{books.before:,} before", f"{books.inserted:,} inserted"]
    parts += [f"{number:,} {word}" for word, number in
              (("returned", books.returned), ("removed", books.removed), ("restored", books.restored)) if number]
    would = "would have" if load.status == "planned" else "has"
    return f"{printable(load.dataset)} {would} {count(books.after, 'record')}: {', '.join(parts)}."


def _named(what: str, paths: Sequence[str]) -> Iterator[str]:
    if paths:
        yield f"{count(len(paths), 'file')} {what}:"
        yield from _cut([f"  {printable(path)}" for path in paths], "files")


def _cut(lines: Sequence[str], things: str, shown: int = FILES_SHOWN) -> Iterator[str]:
    yield from lines[:shown]
    if len(lines) > shown:
        yield f"  ... and {len(lines) - shown:,} more {things}"


def structure(load: Load) -> Iterator[str]:
    """The columns that are added, change their type or go, and why."""
    for change in load.structure:
        if change.before is None:
            what = f"is added as {change.after}"
        else:
            what = f"was {change.before} and {'goes' if change.after is None else f'becomes {change.after}'}"
        yield f"Column {printable(change.name)} {what}: {printable(change.reason)}."


def ahead(load: Load) -> Iterator[str]:
    """What a plan tells of values that change, and of rows that leave or come back."""
    if load.effects:
        yield "Rows that leave or come back, by file:"
        words = ("removed", "returned", "restored")
        yield from _cut([f"  {printable(effect.path)}: " + ", ".join(
            f"{getattr(effect, word):,} {word}" for word in words if getattr(effect, word))
            for effect in load.effects], "files")
    if load.updates:
        yield "Updated, by column:"
    for update in load.updates:
        said = [f"{', '.join(map(shorten, sample.key))}: {_old_and_new(sample)}" for sample in update.samples]
        yield f"  {printable(update.column)}: {count(update.records, 'record')}, as of {'; '.join(said)}"


def _old_and_new(sample: ValueChange) -> str:
    return " -> ".join("NULL" if value is None else shorten(value) for value in (sample.before, sample.after))


def conflicts(load: Load) -> Iterator[str]:
    """The keys that two files claim with different values, by pair of files and column, each with a sample."""
    if not load.conflicts.keys:
        return
    what = "1 key is" if load.conflicts.keys == 1 else f"{load.conflicts.keys:,} keys are"
    yield f"{what} claimed by two files with different values:"
    yield from _cut([_conflict(found) for found in load.conflicts.found], "pairs of files and columns")


def _conflict(found: Conflict) -> str:
    sample = found.samples[0]
    said = ["NULL" if value is None else shorten(value) for value in (sample.value, sample.other)]
    return (f"  {printable(found.column)}: {printable(found.path)} over {printable(found.other)}, "
            f"{count(found.keys, 'key')}, as of {', '.join(map(shorten, sample.key))}: {said[0]} over {said[1]}")


def rejects(load: Load) -> Iterator[str]:
    """The first rejects, and where all of them are."""
    if not load.rejects:
        return
    # A change of definition rejects rows of files that this load did not read.
    rejected = max(sum(file.rejected for file in load.files), len({(p.path, p.row, p.line) for p in load.rejects}))
    yield f"{count(rejected, 'record')} {'would be ' if load.status == 'planned' else ''}rejected:"
    where = ": " + rejects_command(load.load_id, load.warehouse) if load.load_id is not None else ""
    yield from problem_lines(load.rejects, where)


def problem_lines(problems: Sequence[Problem], where_all: str) -> Iterator[str]:
    """The first problems, each on a line, and how many more there are.

    Args:
        problems: In the order in which they are to be shown.
        where_all: What is said behind `... and N more`, to lead to all of them.
    """
    yield from (f"  {printable(str(problem))}" for problem in problems[:PROBLEMS_SHOWN])
    if len(problems) > PROBLEMS_SHOWN:
        yield f"  ... and {len(problems) - PROBLEMS_SHOWN:,} more{where_all}"


def rejects_command(load_id: int, warehouse: str) -> str:
    """The command that shows all rejects of a load."""
    command = f"etl rejects --load {load_id}"
    if warehouse == str(DEFAULT_WAREHOUSE):
        return command
    return f"{command} --warehouse {printable(shlex.quote(warehouse))}"


def _closing(load: Load) -> Iterator[str]:
    read = sum(file.read for file in load.files)
    pace = f": {read / load.seconds:,.0f} rows per second" if read and load.seconds else ""
    if load.command == "run":
        yield f"{count(read, 'row')} read in {load.seconds:.2f} s{pace}."
    if load.output is not None:
        yield f"Output:    {'standard output' if load.output == '-' else printable(load.output)}"
    yield f"Warehouse: {printable(load.warehouse)}"

"""What a load came to: its books, its structure and what a person is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from etl.errors import Problem, shorten

Command = Literal["run", "unload", "reload", "rollback"]
Phase = Literal["discover", "read", "stage", "types", "merge", "check", "export", "commit"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a phase has come. Counts are of this phase; a total of 0 is unknown."""

    phase: Phase
    files: int = 0
    files_total: int = 0
    bytes: int = 0
    bytes_total: int = 0
    rows: int = 0


Report = Callable[[Progress], None]


def silent(_progress: Progress) -> None:
    """The report of a run that nobody watches."""


@dataclass(frozen=True, slots=True)
class FileBooks:
    """What became of each record of one file version in one load.

    `read = rejected + inserted + updated + unchanged + duplicate + superseded`, and
    `lines = header + skipped + blank + read + continuation`.
    """

    path: str
    version_id: int
    lines: int
    header: int
    skipped: int
    blank: int
    continuation: int
    read: int
    rejected: int
    inserted: int
    updated: int
    unchanged: int
    duplicate: int
    superseded: int


@dataclass(frozen=True, slots=True)
class TargetBooks:
    """What became of the target: `after = before + inserted + returned - removed`, in records."""

    before: int
    after: int
    inserted: int
    updated: int
    unchanged: int
    duplicate: int
    superseded: int
    returned: int
    removed: int
    restored: int


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """One column of the target, in derived order; `reason` says why it is text, where it is."""

    name: str
    type: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ConflictSample:
    """One key, what the file that wins says of it, and what the other says; a text each, None for NULL."""

    key: tuple[str, ...]
    value: str | None
    other: str | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """The keys of which two files say different values in one column.

    Args:
        path: The file that wins them; `other` is the other one.
        keys: How many; `samples` are the first of them.
    """

    path: str
    other: str
    column: str
    keys: int
    samples: tuple[ConflictSample, ...]

    def problems(self) -> tuple[Problem, ...]:
        """The samples as problems of the file that does not win."""
        return tuple(
            Problem("conflict", f"{self.path} says {'NULL' if sample.value is None else shorten(sample.value)} of the "
                    f"key {', '.join(map(shorten, sample.key))}", self.other, column=self.column,
                    text=sample.other,
                    advice="Correct one of the files, or let more pass with --max-conflicts")
            for sample in self.samples)


@dataclass(frozen=True, slots=True)
class Conflicts:
    """The keys that a load met in two files with different values, and by pair of files and column."""

    keys: int
    found: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One record of the target, and its value before and after; a text each, None for NULL."""

    key: tuple[str, ...]
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class UpdatedColumn:
    """How many of the updated records change in one column, with the first of them as samples."""

    column: str
    records: int
    samples: tuple[ValueChange, ...]


@dataclass(frozen=True, slots=True)
class FileEffect:
    """Rows of a file that leave the target, or that come back to it from a version loaded earlier."""

    path: str
    removed: int
    returned: int
    restored: int


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column that is added to the target (`before` is None), changes its type, or goes (`after` is None)."""

    name: str
    before: str | None
    after: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Load:
    """One run of one dataset.

    Args:
        load_id: None for a plan and for a run that had nothing to do.
        status: `loaded`, `planned`, or `nothing new`.
        records: Records in the target afterwards.
        versions: File versions loaded afterwards.
        files: Books of the file versions that this load brought, in order of rank.
        new: Paths that were not loaded before; likewise `changed`, `gone` (left by this load), `stale` (a changed
            file that was left out, its old version stays) and `skipped` (left out whole).
        unchanged: How many files were as they were.
        back: Paths whose version came back from staging.
        held: Paths that were skipped, because their content is held; of an unload or a rollback: paths that are held
            from now on.
        command: Of which it is the outcome.
        not_taken: How many files of the folder are hidden, excluded or of no known extension.
        problems: Why files are stale or skipped.
        rejects: Records that were rejected, with their problems.
        changes: What the definition changed, one sentence each.
        conflicts: Keys that two files claim with different values, of those that this load met.
        output: The recorded output, as stated; None when there is none.
        seconds: Wall time.
        structure: The columns that were added, changed their type or went, and why.
        updates: Of a plan alone: the updated records by column; and `effects`: the files whose rows leave or come back.
    """

    load_id: int | None
    dataset: str
    warehouse: str
    status: Literal["loaded", "planned", "nothing new"]
    records: int
    versions: int
    files: tuple[FileBooks, ...]
    target: TargetBooks
    columns: tuple[TargetColumn, ...]
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    stale: tuple[str, ...]
    skipped: tuple[str, ...]
    unchanged: int
    not_taken: int
    problems: tuple[Problem, ...]
    rejects: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    changes: tuple[str, ...]
    output: str | None
    seconds: float
    back: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    command: Command = "run"
    conflicts: Conflicts = Conflicts(0, ())
    structure: tuple[ColumnChange, ...] = ()
    updates: tuple[UpdatedColumn, ...] = ()
    effects: tuple[FileEffect, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Something to look at: headings and rows, with a title above and notes below."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    notes: tuple[str, ...] = ()

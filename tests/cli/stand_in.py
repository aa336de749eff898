"""A library that does what a test says, so that the command line is tested alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from etl.result import FileBooks, Listing, Load, TargetBooks


@dataclass
class Answer:
    """What a command line came to: its exit code and what it wrote."""

    code: int
    out: str
    err: str


@dataclass
class Library:
    """A stand-in for `etl.load`, `etl.inspect` and `etl.export`.

    Args:
        answer: What every function returns, raises (an exception) or does (a callable).
        calls: Name, positional and named arguments of each call.
    """

    answer: Any = None
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)

    def function(self, name: str) -> Callable[..., Any]:
        """One function of the library."""

        def call(*positional: Any, **named: Any) -> Any:
            self.calls.append((name, positional, named))
            if isinstance(self.answer, BaseException):
                raise self.answer
            return self.answer(*positional, **named) if callable(self.answer) else self.answer

        return call


Etl = Callable[..., Answer]


def books(path: str, read: int = 3, **counts: int) -> FileBooks:
    """Books of one file, all inserted where nothing else is said."""
    words = dict.fromkeys(("rejected", "updated", "unchanged", "duplicate", "superseded"), 0) | counts
    words.setdefault("inserted", read - sum(words.values()))
    return FileBooks(path=path, version_id=1, lines=read + 1, header=1, skipped=0, blank=0, continuation=0, read=read,
                     **words)


def load(*files: FileBooks, **changes: Any) -> Load:
    """A load that brought these files."""
    total = sum(file.inserted for file in files)
    made = Load(load_id=1, dataset="sources", warehouse="data/etl_output.duckdb", status="loaded", records=total,
                versions=len(files), files=files,
                target=TargetBooks(before=0, after=total, inserted=total, updated=0, unchanged=0, duplicate=0,
                                   superseded=0, returned=0, removed=0, restored=0),
                columns=(), new=tuple(file.path for file in files), changed=(), gone=(), stale=(), skipped=(),
                unchanged=0, not_taken=0, problems=(), rejects=(), warnings=(), changes=(),
                output="data/etl_output.json", seconds=0.5)
    return replace(made, **changes)


def listing(title: str, headings: tuple[str, ...], rows: Sequence[tuple[object, ...]],
            notes: tuple[str, ...] = ()) -> Listing:
    """A listing as the library gives it."""
    return Listing(title, headings, tuple(rows), notes)

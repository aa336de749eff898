"""What a try of a load knows when it begins, and how it ends when it is not the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from etl.config import Settings
from etl.errors import Problem
from etl.ledger import read
from etl.load.request import Request
from etl.load.survey import Survey
from etl.result import Load, Report
from etl.warehouse import Warehouse, target


@dataclass(frozen=True, slots=True)
class Known:
    """What the warehouse knows before the load.

    Args:
        kind: `fresh`, `accumulating`, or None for a new warehouse; `wanted` is what this run makes of it.
        others: Datasets that a fresh run of another table lets go.
    """

    kind: str | None
    wanted: str
    request: Request
    stored: read.StoredDataset | None
    output: read.StoredOutput | None
    others: tuple[read.StoredDataset, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try, with all that is known when it begins.

    Args:
        care: Paths that the careful reader must read.
        skipped: Problems by path of the files that `--on-error skip_file` leaves out.
    """

    warehouse: Warehouse
    known: Known
    found: Survey
    loaded: Mapping[str, read.LoadedFile]
    settings: Settings
    plan: bool
    report: Report
    started: datetime
    care: frozenset[str] = frozenset()
    skipped: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)

    def records(self) -> int:
        """Records in the target as it is."""
        name = self.known.request.name
        return self.warehouse.count(target(name)) if self.warehouse.exists("main", name) else 0


class Again(Exception):
    """The load must be tried again."""

    def __init__(self, task: Attempt) -> None:
        """Keep what the next try knows."""
        super().__init__("again")
        self.task = task


class Undo(Exception):
    """The plan is made."""

    def __init__(self, load: Load) -> None:
        """Keep it."""
        super().__init__("undo")
        self.load = load

"""What a try of a load knows when it begins, and how it ends when it is not the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from etl.config import Settings
from etl.errors import Problem
from etl.ledger import read
from etl.load.request import Request
from etl.load.survey import Survey
from etl.result import Command, Load, Report
from etl.warehouse import Warehouse, target

REPAIR = ". It is dropped and built again from staging"  # what a load does about a target that other hands changed


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
class Change:
    """What moves beside the files that a run finds: nothing in a run, everything in the commands that change a state.

    Args:
        back: Versions that come back from staging.
        left: Loaded versions that leave.
        held: Those of `left` whose contents are held from now on.
        undoes: The load that a rollback undoes.
        lifted: Held contents that are held no more, although nothing of them can come back: their rows were pruned.
    """

    command: Command = "run"
    back: tuple[read.LoadedFile, ...] = ()
    left: tuple[read.LoadedFile, ...] = ()
    held: tuple[read.LoadedFile, ...] = ()
    undoes: int | None = None
    lifted: tuple[read.HeldContent, ...] = ()

    @property
    def of_files(self) -> bool:
        """Whether it is a run."""
        return self.command == "run"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try, with all that is known when it begins.

    Args:
        holds: The held contents before the load.
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
    holds: Sequence[read.HeldContent] = ()
    change: Change = Change()
    care: frozenset[str] = frozenset()
    skipped: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)

    def records(self) -> int:
        """Records in the target as it is."""
        name = self.known.request.name
        return self.warehouse.count(target(name)) if self.warehouse.exists("main", name) else 0

    def released(self) -> list[read.HeldContent]:
        """The contents that are held no more: other content stands there, or they come back."""
        back = {(version.path, version.bytes_alone) for version in self.change.back}
        return [*self.found.released, *self.change.lifted,
                *(hold for hold in self.holds if (hold.path, hold.content) in back)]


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

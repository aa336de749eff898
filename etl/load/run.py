"""One run: what is asked for, what is on disk, and the task that follows from both."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from etl.config import Dataset, Settings
from etl.errors import ExportPending, StorageError, WarehouseKind
from etl.events import Job, announced, begin
from etl.export.formats import format_of
from etl.export.write import exported_of, to_standard_output
from etl.ledger import read
from etl.load.attempt import refuse_others
from etl.load.carry import carry_out
from etl.load.hold import Hold
from etl.load.place import check_output, opened
from etl.load.request import meant, request, speakable, warehouse_beside
from etl.load.saved import Agreement, basis_of
from etl.load.survey import shaped, survey
from etl.load.task import Attempt, Known
from etl.load.written import check_output_apart
from etl.result import Load, Progress, Report, silent
from etl.warehouse import Warehouse
from etl.warehouse.attach import wal
from etl.warehouse.scratch import scratch


@announced
def run(
    dataset: Dataset, warehouse: Path | None = None, settings: Settings | None = None, *, plan: bool = False,
    report: Report = silent, standard_output: BinaryIO | None = None, agreement: Agreement | None = None,
) -> Load:
    """Load a dataset: bring its target and output to what the files and the definition say.

    Args:
        warehouse: An accumulating warehouse; None is a fresh run, whose warehouse stands beside its output.
        plan: Do everything but keep it: what is returned is what a run would do.
        standard_output: Where an output of `-` goes, after the commit.
        agreement: Is told what the load is made from, and before the commit what it comes to; it may refuse.

    Raises:
        UsageError: An option is wrong, or contradicts what the warehouse stores.
        SourceMissing: No folder, or no file.
        LoadFailed: Files have problems that the policy does not let pass; the target is as it was.
        ExportPending: Loaded; the output could not be put in place, and the next run will.
    """
    settings = settings or Settings()
    started = time.monotonic()
    path = Path(warehouse) if warehouse is not None else warehouse_beside(dataset.output)
    if dataset.output is not None:
        format_of(dataset.output)
    speakable(path, "warehouse")

    def foreign(place: Warehouse) -> None:
        refuse_others(place, request(dataset, None, None, fresh=warehouse is None).name, stored=False)

    with Hold() as hold, opened(path, settings, plan=plan, foreign=foreign) as place:
        known = _known(place, dataset, path, fresh=warehouse is None)
        try:
            load = _run(place, known, settings, hold, plan=plan, report=report, standard_output=standard_output,
                        agreement=agreement)
        except ExportPending as pending:
            raise told(pending, path, started) from pending
    return replace(load, warehouse=str(path), seconds=time.monotonic() - started)


def told(pending: ExportPending, warehouse: Path, started: float) -> ExportPending:
    """The same with what its load tells of the warehouse and the time."""
    load = None if pending.load is None else replace(
        pending.load, warehouse=str(warehouse), seconds=time.monotonic() - started)
    return ExportPending(str(pending), load)


def _known(warehouse: Warehouse, dataset: Dataset, path: Path, *, fresh: bool) -> Known:
    kind = read.kind(warehouse)
    wanted = "fresh" if fresh else "accumulating"
    if kind not in (None, wanted):
        raise WarehouseKind(
            f"The warehouse {path} is accumulating: load into it with --warehouse {path}."
            if kind == "accumulating" else
            f"The warehouse {path} is the fresh one of an output and follows its folder: load without --warehouse, or "
            "name another file."
        )
    every = read.datasets(warehouse)
    stored = meant(every, dataset, fresh=fresh)
    output = None if stored is None else read.output_of(warehouse, stored.dataset_id)
    wish = request(dataset, stored, output, fresh=fresh)
    if stored is None or stored.name != wish.name:
        stored = next((d for d in every if d.name == wish.name), None)
        output = None if stored is None else read.output_of(warehouse, stored.dataset_id)
        if stored is not None and not fresh:
            wish = request(replace(dataset, table=stored.name), stored, output, fresh=False)
    if fresh and stored is not None and "evolve" not in (wish.definition.contract, stored.definition.contract):
        wish = replace(wish, definition=replace(wish.definition, frozen=stored.definition.frozen))
    if wish.once and output is not None:  # the recorded output follows every move
        wish = replace(wish, output=Path(output.path))
    others = tuple(d for d in every if d.name != wish.name) if fresh else ()
    return Known(kind, wanted, wish, stored, output, others)


def _run(
    warehouse: Warehouse, known: Known, settings: Settings, hold: Hold, *, plan: bool, report: Report,
    standard_output: BinaryIO | None, agreement: Agreement | None,
) -> Load:
    with scratch(settings.temp_dir) as folder:
        return _run_with(warehouse, known, settings, hold, plan=plan, report=report, standard_output=standard_output,
                         agreement=agreement, folder=folder)


def _run_with(
    warehouse: Warehouse, known: Known, settings: Settings, hold: Hold, *, plan: bool, report: Report,
    standard_output: BinaryIO | None, agreement: Agreement | None, folder: Path,
) -> Load:
    wish = known.request
    check_output(wish)
    check_output_apart(warehouse, known)
    if warehouse.path is not None:
        begin(Job(wish.name, warehouse.path, wish.root, wish.output))
    loaded = {} if known.stored is None else read.loaded_files(warehouse, known.stored.dataset_id)
    report(Progress("discover"))
    holds = [] if known.stored is None else read.holds(warehouse, known.stored.dataset_id)
    found = survey(wish, loaded, holds, _ours(warehouse), report, settings.threads or os.cpu_count() or 1,
                   folder)
    if agreement is not None:
        agreement.basis(basis_of(warehouse, known, loaded, found))
    task = Attempt(warehouse, known, found, loaded, settings, plan, report, datetime.now(UTC).replace(tzinfo=None),
                   holds)
    load = carry_out(replace(task, found=shaped(warehouse, found, wish.reading, folder)), hold, agreement)
    if wish.once and not plan:
        dataset = read.stored(warehouse, wish.name)
        try:
            to_standard_output(warehouse, exported_of(warehouse, dataset, lineage=wish.lineage), standard_output)
        except (StorageError, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise
            reason = str(error) if isinstance(error, StorageError) else f"{error.strerror or error}."
            raise ExportPending(f"{load.dataset} is loaded, but standard output does not take it: {reason}",
                                load) from error
    return replace(load, output="-" if wish.once else load.output)


def _ours(warehouse: Warehouse) -> list[Path]:
    path = warehouse.path
    ours = [] if path is None else [path, wal(path)]
    return [*ours, *map(Path, read.outputs(warehouse))]

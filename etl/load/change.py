"""Changes of a state without new files: versions that leave and are held, that come back, loads that are undone.

All of it is for accumulating warehouses, and goes through the very same tries and the same move as a run.
"""

from __future__ import annotations

import os
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from etl.config import Dataset, Settings
from etl.errors import ExportPending, Problem, UsageError, WarehouseKind
from etl.events import Job, announced, begin
from etl.ledger import read
from etl.ledger.read import HeldContent, LoadedFile, PastLoad
from etl.load.carry import carry_out
from etl.load.hold import Hold
from etl.load.place import check_output, check_place
from etl.load.request import Request, changes, request, speakable
from etl.load.run import told
from etl.load.survey import NOTHING
from etl.load.task import Attempt, Change, Known
from etl.load.undo import said, undoable
from etl.result import Load, Report, silent
from etl.warehouse import Warehouse, open_warehouse
from etl.warehouse.spill import remove_spill

NAMED = 10  # paths in a sentence


@dataclass(frozen=True, slots=True)
class _State:
    """What a change is decided from."""

    warehouse: Warehouse
    dataset: read.StoredDataset
    loaded: dict[str, LoadedFile]
    holds: list[HeldContent]


@announced
def unload(
    warehouse: Path, table: str, files: Sequence[str], settings: Settings | None = None, *, plan: bool = False,
    report: Report = silent,
) -> Load:
    """Take the loaded versions of these files out of a table, and hold their contents.

    Args:
        files: Paths as the table knows them, relative to its source root, or files below that root.

    Raises:
        UsageError: There is no such table or loaded file.
        ExportPending: Unloaded; the output could not be put in place, and the next run will.
    """
    started, settings = time.monotonic(), _settings(settings)
    with Hold() as hold, _opened(Path(warehouse), settings, plan=plan, started=started) as opened:
        state = _state(opened, read.stored(opened, table))
        left = [_loaded(state, file) for file in _paths(state.dataset, files)]
        change = Change("unload", left=tuple(left), held=tuple(left))
        return _carry(state, change, settings, hold, plan=plan, report=report, started=started)


@announced
def reload(
    warehouse: Path, table: str, files: Sequence[str], settings: Settings | None = None, *, plan: bool = False,
    report: Report = silent,
) -> Load:
    """Bring the held versions of these files back from staging; their files need not be there.

    Of a version that was pruned nothing can come back: its hold is lifted, and a warning says so.

    Raises:
        UsageError: There is no such table, or nothing is held of a file.
        LoadFailed: A version does not fit the definition of now.
        ExportPending: Reloaded; the output could not be put in place, and the next run will.
    """
    started, settings = time.monotonic(), _settings(settings)
    with Hold() as hold, _opened(Path(warehouse), settings, plan=plan, started=started) as opened:
        state = _state(opened, read.stored(opened, table))
        wanted = [_held(state, file) for file in _paths(state.dataset, files)]
        pruned = read.pruned(opened, state.dataset.dataset_id)
        back = tuple(read.versions(opened, [hold.version_id for hold in wanted if hold.version_id not in pruned]))
        left = tuple(state.loaded[version.path] for version in back if version.path in state.loaded)
        lifted = tuple(hold for hold in wanted if hold.version_id in pruned)
        change = Change("reload", back=back, left=left, lifted=lifted)
        load = _carry(state, change, settings, hold, plan=plan, report=report, started=started)
        return replace(load, warnings=(*load.warnings, *(_nothing_back(hold, pruned) for hold in lifted)))


@announced
def rollback(
    warehouse: Path, load_id: int, settings: Settings | None = None, *, plan: bool = False, report: Report = silent,
) -> Load:
    """Undo a load: what it brought leaves and is held, what it let go comes back, and so does the definition.

    Rejects do not stand in the way: what is brought back stood there before.

    Raises:
        UsageError: There is no such load, it is undone already, a later load touched the same paths or the
            definition, or what it let go was pruned.
        ExportPending: Rolled back; the output could not be put in place, and the next run will.
    """
    started = time.monotonic()
    settings = replace(settings or Settings(), on_error="reject_row", max_rejects=None, strict=False)
    with Hold() as hold, _opened(Path(warehouse), settings, plan=plan, started=started) as opened:
        found = read.load_status(opened, load_id)
        dataset = next((d for d in read.datasets(opened) if found is not None and d.dataset_id == found[0]), None)
        if found is None or (dataset is None and found[1] == "loaded"):
            raise UsageError(f"There is no load {load_id} in {warehouse}. `etl history` lists those that there are.")
        if dataset is None or found[1] != "loaded":
            raise UsageError(f"Load {load_id} failed and changed nothing: there is nothing to roll back.")
        state = _state(opened, dataset)
        undone = undoable(read.past_loads(opened, dataset.dataset_id), load_id,
                          read.pruned(opened, dataset.dataset_id))
        left = tuple(state.loaded[path] for path in sorted(undone.came))
        back = tuple(read.versions(opened, sorted(undone.left.values())))
        change = Change("rollback", back=back, left=left, held=left, undoes=load_id)
        return _carry(state, change, settings, hold, plan=plan, report=report, started=started, undone=undone)


def _settings(settings: Settings | None) -> Settings:
    """No file can be left out of what was named."""
    found = settings or Settings()
    return found if found.on_error == "reject_row" else replace(found, on_error="abort")


@contextmanager
def _opened(path: Path, settings: Settings, *, plan: bool, started: float) -> Iterator[Warehouse]:
    """The accumulating warehouse, open for writing; a plan opens it too, and changes nothing."""
    speakable(path, "warehouse")
    check_place(path, "warehouse")
    if not path.exists():
        raise UsageError(f"There is no warehouse at {path}. Name one with --warehouse.")
    with open_warehouse(path, settings, write=True, bring_up=not plan) as opened:
        if not plan:
            remove_spill(path)
        if read.kind(opened) == "fresh":
            raise WarehouseKind(
                f"The warehouse {path} is the fresh one of an output and follows its folder: take the file out of the "
                "folder, or put it there, and run again. Versions are unloaded, reloaded and rolled back in "
                "warehouses made with --warehouse.")
        try:
            yield opened
        except ExportPending as pending:
            raise told(pending, path, started) from pending


def _state(warehouse: Warehouse, dataset: read.StoredDataset) -> _State:
    return _State(warehouse, dataset, read.loaded_files(warehouse, dataset.dataset_id),
                  read.holds(warehouse, dataset.dataset_id))


def _paths(dataset: read.StoredDataset, files: Sequence[str]) -> list[str]:
    """The paths that are meant, each once: as the table knows them; a file below the root is known by its own."""
    if not files:
        raise UsageError("Name the files, as `etl status` shows them.")
    paths = []
    for file in files:
        whole = os.path.abspath(file)  # noqa: PTH100  resolve() would follow links
        below = os.path.relpath(whole, dataset.root).replace(os.sep, "/")
        outside = below == ".." or below.startswith("../")
        paths.append(below if Path(file).is_absolute() and not outside else file)
    return list(dict.fromkeys(paths))


def _loaded(state: _State, path: str) -> LoadedFile:
    found = state.loaded.get(_known_as(state, path, state.loaded))
    if found is not None:
        return found
    if any(hold.path == path for hold in state.holds):
        raise UsageError(f"{path} is not loaded: it is held since it was let go. `etl reload` ends that.")
    raise UsageError(f"{path} is not a loaded file of {state.dataset.name}. It has: {_listed(sorted(state.loaded))}.")


def _held(state: _State, path: str) -> HeldContent:
    by_path = {hold.path: hold for hold in sorted(state.holds, key=lambda hold: (hold.load_id, hold.version_id))}
    found = by_path.get(_known_as(state, path, by_path))
    if found is not None:
        return found
    raise UsageError(f"Nothing is held of {path}, so nothing can come back. Held of {state.dataset.name}: "
                     f"{_listed(sorted(by_path))}.")


def _known_as(state: _State, path: str, known: Container[str]) -> str:
    """A path as it is known: as it was given, else as a file named from the current folder."""
    if path in known:
        return path
    whole = os.path.abspath(path)  # noqa: PTH100  as above
    return os.path.relpath(whole, state.dataset.root).replace(os.sep, "/")


def _listed(paths: Sequence[str]) -> str:
    rest = f" and {len(paths) - NAMED:,} more" if len(paths) > NAMED else ""
    return (", ".join(paths[:NAMED]) or "none") + rest


def _carry(
    state: _State, change: Change, settings: Settings, hold: Hold, *, plan: bool, report: Report, started: float,
    undone: PastLoad | None = None,
) -> Load:
    """Make the change, or plan it."""
    opened, dataset = state.warehouse, state.dataset
    output = read.output_of(opened, dataset.dataset_id)
    wish = request(Dataset(table=dataset.name), dataset, output, fresh=False)
    if undone is not None:
        wish = replace(wish, definition=undone.before or wish.definition,
                       reading=undone.reading_before or wish.reading)
        wish = replace(wish, changes=changes(dataset, wish.definition, wish.reading))
    check_output(wish)
    if opened.path is not None:
        begin(Job(wish.name, opened.path, wish.root, wish.output))
    known = Known("accumulating", "accumulating", wish, dataset, output, ())
    task = Attempt(opened, known, NOTHING, state.loaded, settings, plan, report,
                   datetime.now(UTC).replace(tzinfo=None), state.holds, change)
    load = replace(carry_out(task, hold), warehouse=str(opened.path), seconds=time.monotonic() - started)
    return replace(load, warnings=(*load.warnings, *_other_reading(change, wish)))


def _nothing_back(hold: HeldContent, pruned: Mapping[int, datetime]) -> Problem:
    """What is said of a held content whose rows are gone."""
    return Problem("pruned", f"its rows were pruned at {said(pruned[hold.version_id])}, so nothing comes back from "
                   "staging; with its hold lifted, the next run that finds the file loads it", hold.path)


def _other_reading(change: Change, wish: Request) -> tuple[Problem, ...]:
    """Versions that come back although the table reads its files in another way by now."""
    return tuple(Problem("other_reading", "the version was read in another way than the table reads its files now; a "
                         "run that finds the file reads it anew", version.path)
                 for version in change.back if version.reading != wish.reading.canonical())

"""A plan kept in a file: what it was made from, and what it promised; applied as it is, or refused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from etl.config import Dataset, Definition, Settings
from etl.errors import PlanStale, StorageError, UsageError
from etl.ledger.read import LoadedFile, last_load
from etl.load.request import differences
from etl.load.survey import Survey
from etl.load.task import REPAIR, Known
from etl.load.typed import of_its_types
from etl.result import Load
from etl.version import VERSION
from etl.warehouse import Warehouse
from etl.warehouse.scratch import whole

FORMAT = 1
PROMISED = {  # what a plan promises of its load, and how it is called
    "dataset": "the table", "status": "whether anything is new", "records": "records", "versions": "loaded files",
    "target": "records", "columns": "the columns", "new": "the new files", "changed": "the changed files",
    "gone": "the files that are gone", "stale": "the files of which the old version stays", "skipped":
    "the files that are left out", "unchanged": "unchanged files", "files": "the books of the files",
    "conflicts": "keys in conflict",
}
COMPUTED = ("status", "target", "columns", "files", "conflicts")
NAMED = 3


@dataclass(frozen=True, slots=True)
class Basis:
    """What a load is a function of: the target that stands and the files that were found.

    Args:
        load: The last load of the dataset; 0 before the first.
        definition: Under which the target stands; None before the first load.
        loaded: Fingerprints of the loaded versions by path; `files`: of the files found, or why they cannot be read.
    """

    load: int
    definition: str | None
    loaded: Mapping[str, str]
    files: Mapping[str, str]


class Agreement(Protocol):
    """Who is told what a load is made from, before it is made, and what it comes to, before it is committed."""

    def basis(self, found: Basis) -> None:
        """What it is made from."""

    def outcome(self, load: Load) -> None:
        """What it comes to."""


def basis_of(warehouse: Warehouse, known: Known, loaded: Mapping[str, LoadedFile], found: Survey) -> Basis:
    """What a load that begins now is made from."""
    files = {scan.file.path: scan.fingerprint for scan in found.incoming}
    files |= {file.path: file.fingerprint for file in found.same}
    files |= {str(problem.path): problem.message for problem in found.problems}
    stored = known.stored
    return Basis(
        0 if stored is None else last_load(warehouse, stored.dataset_id),
        None if stored is None else stored.definition.canonical(),
        {path: file.fingerprint for path, file in loaded.items()}, files)


class Recorder:
    """Takes down what a plan is made from and what it promises."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.found: Basis | None = None
        self.load: Load | None = None

    def basis(self, found: Basis) -> None:
        """What it is made from."""
        self.found = found

    def outcome(self, load: Load) -> None:
        """What it promises."""
        self.load = load


def save(recorded: Recorder, dataset: Dataset, warehouse: Path | None, settings: Settings, file: Path) -> None:
    """Keep a plan in a file, beside the folder and the options that it was made with.

    Raises:
        StorageError: The file cannot be written.
    """
    if recorded.found is None or recorded.load is None:
        raise AssertionError("a plan that was made took down what it was made from")
    document = {
        "etl": VERSION, "format": FORMAT, "folder": str(Path.cwd()),
        "warehouse": None if warehouse is None else str(warehouse), "dataset": asdict(dataset),
        "settings": {**asdict(settings), "temp_dir": None if settings.temp_dir is None else str(settings.temp_dir)},
        "basis": asdict(recorded.found), "promised": promised(recorded.load),
    }
    try:
        with whole(file) as aside:
            aside.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"The plan {file} could not be written: {error.strerror or error}.") from error


def promised(load: Load) -> dict[str, Any]:
    """What a plan says of the load that applies it."""
    said = {name: getattr(load, name) for name in PROMISED if name not in COMPUTED}
    said["status"] = "nothing new" if load.status == "nothing new" else "loaded"
    said["target"] = asdict(load.target)
    said["columns"] = [asdict(column) for column in load.columns]
    said["files"] = [{**asdict(book), "version_id": None} for book in load.files]
    said["conflicts"] = load.conflicts.keys
    found: dict[str, Any] = json.loads(json.dumps(said))
    return found


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan from a file: the words it was made with, and an agreement that holds the load to it."""

    file: Path
    folder: Path
    warehouse: Path | None
    dataset: Dataset
    settings: Settings
    made_from: Basis
    promise: Mapping[str, Any]

    def basis(self, found: Basis) -> None:
        """Refuse where a file or the target is not what it was.

        Raises:
            PlanStale: Naming what changed.
        """
        since = self._since(found)
        if found.load != self.made_from.load:
            moved = f"its target's last load was {self.made_from.load or 'none'} and is now {found.load or 'none'}"
            raise self._stale(f"{moved}: {since}" if since else moved)
        if since:
            raise self._stale(since)
        then, now = self.made_from.files, found.files
        changes = [f"{path} is gone" for path in sorted(then.keys() - now.keys())]
        changes += [f"{path} is new" for path in sorted(now.keys() - then.keys())]
        changes += [f"{path} changed" for path in sorted(then.keys() & now.keys()) if then[path] != now[path]]
        if changes:
            raise self._stale(_first(changes))

    def _since(self, found: Basis) -> str:
        """How the target's state, its definition and loaded versions, differs from the one that was planned from."""
        then, now = self.made_from, found
        said = []
        if then.definition != now.definition:
            how = () if then.definition is None or now.definition is None else differences(
                Definition.parse(then.definition), Definition.parse(now.definition))
            said.append("the definition under which its target stands changed"
                        + (f" ({'; '.join(how)})" if how else ""))
        changes = [f"{path} is not loaded any more" for path in sorted(then.loaded.keys() - now.loaded.keys())]
        changes += [f"{path} was loaded" for path in sorted(now.loaded.keys() - then.loaded.keys())]
        changes += [f"{path} was loaded with other content, or read in another way"
                    for path in sorted(then.loaded.keys() & now.loaded.keys()) if then.loaded[path] != now.loaded[path]]
        return ", ".join([*said, *([_first(changes)] if changes else ())])

    def outcome(self, load: Load) -> None:
        """Refuse where the load comes to something else than was promised.

        Raises:
            PlanStale: Naming what.
        """
        other = _otherwise(self.promise, promised(load))
        damage = next((warning.message for warning in load.warnings if warning.code == "damaged"), None)
        if other and damage is not None:
            raise self._stale(damage.partition(REPAIR)[0])
        if other:
            raise self._stale(f"the load would come to something else than was promised: {other}")

    def _stale(self, what: str) -> PlanStale:
        return PlanStale(f"The plan {self.file} does not stand any more: {what}. Nothing was done; plan again.")


def _first(changes: Sequence[str]) -> str:
    more = len(changes) - NAMED
    return ", ".join(changes[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _otherwise(promise: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """What comes out otherwise than it was promised, in words; numbers with both."""
    said = []
    for word, value in found.items():
        was = promise.get(word)
        if was == value:
            continue
        numbers: list[tuple[str, Any, Any]] = [(PROMISED[word], was, value)]
        if isinstance(value, dict) and isinstance(was, dict):
            numbers = [(f"{PROMISED[word]} {name}", was.get(name), now) for name, now in value.items()
                       if was.get(name) != now]
        said += [what + (f" {now:,} instead of {then:,}" if _shown(then) and _shown(now) else "")
                 for what, then, now in numbers]
    return ", ".join(said)


def _shown(number: object) -> bool:
    """Whether it is a number such as books have; a file may say anything."""
    return type(number) is int and abs(number) < 1 << 63


def load_plan(file: Path) -> SavedPlan:
    """Read a plan from its file.

    Raises:
        UsageError: It is not there, or no plan of this version.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        made_by, form = document["etl"], document["format"]
    except OSError as error:
        raise UsageError(f"The plan {file} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{file} is not a plan that `etl plan --save` wrote.") from error
    if made_by != VERSION:
        raise UsageError(f"The plan {file} was made by etl {made_by}, and this is {VERSION}. Plan again.")
    if form != FORMAT:
        raise UsageError(f"The plan {file} is of format {form}, and etl {VERSION} applies format {FORMAT}. Plan again.")
    try:
        warehouse = document["warehouse"]
        return of_its_types(SavedPlan(
            file, Path(document["folder"]), None if warehouse is None else Path(warehouse),
            of_its_types(_dataset(document["dataset"])), of_its_types(_settings(document["settings"])),
            _basis(document["basis"]), document["promised"]))
    except UsageError as error:
        raise UsageError(f"{file} is not a plan that can be applied: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UsageError(f"{file} is not a whole plan. Plan again.") from error


def _basis(words: Mapping[str, Any]) -> Basis:
    basis = of_its_types(Basis(**words))
    if not 0 <= basis.load < 1 << 63:
        raise ValueError("load")
    if basis.definition is not None:
        of_its_types(Definition.parse(basis.definition))
    return basis


def _dataset(words: Mapping[str, Any]) -> Dataset:
    several: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in words.items()}
    if several.get("columns") is not None:
        several["columns"] = tuple((name, kind) for name, kind in several["columns"])
    return Dataset(**several)


def _settings(words: Mapping[str, Any]) -> Settings:
    settings = Settings(**words)
    return replace(settings, temp_dir=None if settings.temp_dir is None else Path(settings.temp_dir))

"""What a command writes beside a load (a plan, a log, a report, ...) is held apart from what loads are made of."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from etl.config import DEFAULT_OUTPUT, Dataset, Selection, Settings
from etl.errors import UsageError, WarehouseError
from etl.ledger import read
from etl.load.request import files_of, followed
from etl.load.task import Known
from etl.sources.formats import KNOWN
from etl.sources.taking import would_take
from etl.warehouse import Warehouse, as_it_stands
from etl.warehouse.attach import wal
from etl.warehouse.migrate import HEAD, revision
from etl.warehouse.schema import missing

ELSEWHERE = "Write it to another place."
NEEDED = {"dataset", "output", "loaded_version"}


@dataclass(frozen=True, slots=True)
class Written:
    """Something that a command is about to write.

    Args:
        what: How it is called in a sentence, like `log`.
        inside: Of a folder: the files that will stand in it.
    """

    what: str
    path: Path
    inside: tuple[str, ...] = ()

    @property
    def files(self) -> list[Path]:
        """The files that are written."""
        return [self.path / name for name in self.inside] or [self.path]

    def at(self, path: str | Path) -> bool:
        """Whether it would stand where that file does."""
        return any(_same(file, Path(path)) for file in {self.path, *self.files})


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a dataset takes."""

    name: str
    selection: Selection
    root: Path


def check_written(
    places: Iterable[Written], warehouse: Path, settings: Settings, dataset: Dataset | None = None, *,
    fresh: bool = False,
) -> None:
    """Refuse to write over the warehouse, an output or a source, or where it would be loaded; before anything is done.

    Args:
        warehouse: The warehouse that the command uses, whether it is there or not.
        dataset: What a run or a plan states.
        fresh: The run is a fresh one: what it states is all that it takes.

    Raises:
        UsageError: Something would be written so, into a folder that is not there, or is a link that leads nowhere.
        WarehouseError: What the warehouse knows of its sources cannot be asked, and a name could be among them.
    """
    wanted = list(places)
    for place in wanted:
        followed(place.path, place.what)
        if any(place.at(path) for path in (warehouse, wal(warehouse))):
            raise _refused(place, f"would take the place of the warehouse {warehouse}")
    if dataset is not None and dataset.output != "-":
        output = dataset.output or (DEFAULT_OUTPUT if fresh else None)
        for place in wanted if output is not None else ():
            if place.at(str(output)):
                raise _refused(place, "would take the place of the output of this load")
    if not wanted:
        return
    _refuse_nowhere(wanted)
    for sources in _sources(wanted, warehouse, settings, dataset, fresh=fresh):
        for place in wanted:
            if any(would_take(sources.selection, sources.root, file) for file in place.files):
                raise UsageError(
                    f"The {place.what} {place.path} would be among the sources of {sources.name}, below "
                    f"{sources.root}. Write it to another folder, or leave it out of them by `etl run --exclude`.")


def _refuse_nowhere(places: Iterable[Written]) -> None:
    """Refuse a folder that is not there; that of a script is made, as that of a load's output is."""
    for place in places:
        above = place.path.absolute().parent
        if not place.inside and not above.is_dir():
            raise UsageError(f"The {place.what} {place.path} cannot be written: there is no folder {above}. Make it, "
                             "or name another place.")


def check_output_apart(warehouse: Warehouse, known: Known) -> None:
    """Refuse an output in the place of the warehouse, or of what another dataset keeps up to date.

    Raises:
        UsageError: It would stand there.
    """
    wish, path = known.request, warehouse.path
    if wish.output is None or (known.output is not None and known.output.path == str(wish.output)):
        return
    place = Written("output", wish.output)
    if path is not None and any(place.at(there) for there in (path, wal(path))):
        raise _refused(place, f"would take the place of the warehouse {path}")
    if not wish.fresh:
        others = [d for d in read.datasets(warehouse) if d.name != wish.name]
        _refuse_outputs(warehouse, others, [place])


def _sources(
    places: Sequence[Written], warehouse: Path, settings: Settings, dataset: Dataset | None, *, fresh: bool
) -> list[_Sources]:
    """What the stated dataset takes, and those that are stored beside it."""
    every: list[read.StoredDataset] = []
    with _stored(places, warehouse, settings) as opened:
        if opened is not None:
            every = read.datasets(opened)
            _refuse_outputs(opened, every, places)
            _refuse_loaded(opened, every, places)
    stored = [_Sources(known.name, known.selection, Path(known.root)) for known in every]
    if dataset is None:
        return stored
    with suppress(UsageError):  # the run itself says what is wrong
        stated = _Sources(*files_of(dataset, every, fresh=fresh))
        return [stated, *(other for other in stored if other.name != stated.name and not fresh)]
    return stored


@contextmanager
def _stored(places: Sequence[Written], warehouse: Path, settings: Settings) -> Iterator[Warehouse | None]:
    """The warehouse as it stands; None where it knows of no dataset, or cannot be asked and no name makes it needful.

    Only names that discovery knows can be outputs or taken from folders; for others, such as `etl.log`, nobody waits.
    """
    needful = any(KNOWN.search(file.name) for place in places for file in place.files)
    with ExitStack() as held:
        opened = None
        try:
            if warehouse.exists():
                opened = held.enter_context(
                    as_it_stands(warehouse, settings if needful else replace(settings, lock_timeout=0)))
        except WarehouseError:
            if needful:
                raise
        yield opened if opened is not None and _ours(opened) else None


def _ours(opened: Warehouse) -> bool:
    """Whether its control tables can be asked; what is wrong with others the command itself says."""
    found = revision(opened)
    return found is not None and found <= HEAD and not NEEDED & set(missing(opened))


def _refuse_outputs(warehouse: Warehouse, every: Iterable[read.StoredDataset], places: Sequence[Written]) -> None:
    for known in every:
        output = read.output_of(warehouse, known.dataset_id)
        for place in places if output is not None else ():
            if output is not None and place.at(output.path):
                raise _refused(place, f"would take the place of the output of {known.name}, which its loads keep up "
                                      "to date")


def _refuse_loaded(warehouse: Warehouse, every: Iterable[read.StoredDataset], places: Sequence[Written]) -> None:
    for known in every:
        for place in places:
            names = [name for file in place.files for name in _below(file, known.root)]
            if warehouse.sql("SELECT 1 FROM etl.loaded_version WHERE dataset_id = $dataset "
                             "AND list_contains($names, path)", {"dataset": known.dataset_id, "names": names}):
                raise _refused(place, f"would take the place of a file that {known.name} has loaded")


def _below(file: Path, root: str) -> list[str]:
    """How a dataset may know a file: by its place below the source root, with links followed or not."""
    whole = os.path.abspath(file)  # noqa: PTH100  resolve() would follow links
    pairs = ((whole, root), (os.path.realpath(file), os.path.realpath(root)))
    names = [os.path.relpath(path, folder).replace(os.sep, "/") for path, folder in pairs]
    return [name.encode("utf-8", "backslashreplace").decode() for name in names]


def _same(path: Path, other: Path) -> bool:
    if os.path.realpath(path) == os.path.realpath(other):
        return True
    try:
        return path.samefile(other)
    except OSError:
        return False


def _refused(place: Written, why: str) -> UsageError:
    return UsageError(f"The {place.what} {place.path} {why}. {ELSEWHERE}")

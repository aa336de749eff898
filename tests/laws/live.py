"""Live a life: every step is done by the program and by the oracle, and all that can be seen is held to be the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from oracle import Definition, Kind, moves
from oracle.moves import Refused, Result, World
from oracle.readings import Way

import etl
from etl.config import Settings
from etl.errors import LoadFailed, SourceMissing, UsageError
from etl.result import Load
from etl.warehouse import open_warehouse
from laws.laws import comparable, file_counts, hold_sums, hold_target
from laws.lives import Asked, begin, step
from laws.program import TABLE, Program

SETTINGS = Settings(on_error="reject_row", threads=1)
MEMORY = Path("/dev/shm")  # noqa: S108  a file system in memory, where there is one
OPTIONS: Mapping[str, str] = {"order_by": "order-by", "nulls": "null", "columns": "column", "quote": "quote",
                              "escape": "escape", "encoding": "encoding"}


@cache
def _migrated() -> bytes:
    """An empty warehouse with its control tables: making them takes longer than a step."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "w.duckdb")
        with open_warehouse(path, Settings(), write=True):
            pass
        return path.read_bytes()


@contextmanager
def home() -> Iterator[Path]:
    """A folder, in memory where that can be."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


class Subject(Program):
    """The program, with every command that changes a state."""

    def __init__(self, folder: Path, kind: Kind, delimiter: str | None) -> None:
        """Begin with a warehouse that has its control tables and nothing else."""
        super().__init__(folder, kind, delimiter)
        self.warehouse.write_bytes(_migrated())
        self.stored_words: dict[str, Any] = {}
        self.ids: list[int] = []

    def ask(self, asked: Asked, *, plan: bool = False) -> Load | None:
        """Do a step, or plan it; None where the program refuses it."""
        opened = etl.open(self.warehouse, SETTINGS)
        try:
            if asked.command == "run":
                return self.load_in_way(asked.definition, asked.way, plan=plan, stated=asked.stated)
            if asked.command == "rollback":
                return opened.rollback(self.ids[asked.load], plan=plan)
            change = opened.unload if asked.command == "unload" else opened.reload
            return change(TABLE, *asked.paths, plan=plan)
        except (LoadFailed, SourceMissing, UsageError):
            return None

    def load_in_way(self, definition: Definition, way: Way, *, plan: bool = False, stated: bool = True) -> Load:
        """Run with a definition and a way of reading; in an accumulating warehouse what is stored may be left out."""
        words: dict[str, Any] = {
            "strategy": definition.strategy, "key": definition.key or None, "order_by": definition.order_by,
            "names": definition.names, "trim": definition.trim, "nulls": definition.nulls,
            "columns": definition.declared, "schema_contract": definition.contract,
            "header": way not in ("headless", "skipped"),
            "skip_rows": int(way == "skipped"), "quote": '"' if way == "quote" else None,
            "escape": '"' if way == "escape" else None, "encoding": "latin-1" if way == "latin" else None,
        }
        given = dict(words)
        reset: tuple[str, ...] = ()
        if self.kind == "accumulating":
            given = {word: value for word, value in words.items() if stated or self.stored_words.get(word) != value}
            reset = tuple(option for word, option in OPTIONS.items()
                          if not words[word] and self.stored_words.get(word))
        dataset = etl.Dataset(source_dir=str(self.sources), output=str(self.output), table=TABLE,
                              delimiter=self.delimiter, reset=reset, **given)
        warehouse = None if self.kind == "fresh" else self.warehouse
        load = etl.run(dataset, warehouse=warehouse, settings=SETTINGS, plan=plan)
        if not plan:
            self.stored_words = words
        return load

    def bring(self, folder: Mapping[str, bytes], *, rewrite: bool = False) -> None:
        """Make the source folder hold these files."""
        for file in [file for file in self.sources.rglob("*") if file.is_file()]:
            if file.relative_to(self.sources).as_posix() not in folder:
                file.unlink()
        for path, content in folder.items():
            file = self.sources / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if rewrite or not file.exists() or file.read_bytes() != content:
                file.write_bytes(content)


def live(seed: str, *, steps: int = 6) -> int:
    """Live the life of a seed, and give the number of loads that it came to.

    Raises:
        AssertionError: The program and the oracle differ; the seed tells all.
    """
    life = begin(seed)
    world = World(life.kind)
    with home() as folder:
        subject = Subject(folder, life.kind, life.delimiter)
        for number in range(life.rng.randint(2, steps)):
            asked = step(life, world)
            try:
                world = _step(subject, world, asked)
            except Exception as error:
                error.add_note(f"life {seed!r}, step {number}: {asked}")
                raise
    return len(world.loads)


def _step(subject: Subject, world: World, asked: Asked) -> World:
    subject.bring({path: table.content() for path, table in asked.folder.items()}, rewrite=asked.rewrite)
    try:
        result: Result | None = _oracle(world, asked)
    except Refused:
        result = None
    if asked.spoil and subject.output.exists() and result is not None:
        subject.output.unlink()
        if asked.spoil == "edited":
            subject.output.write_bytes(b"[\n]\n")
    planned = _planned(subject, asked) if asked.planned else None
    before = None if result is not None else (subject.stored(), subject.exported())
    load = subject.ask(asked)
    assert (load is None) == (result is None), f"{asked.command}: {'refused' if load is None else 'done'}"
    if asked.planned:
        assert (None if planned is None else comparable(planned)) == (None if load is None else comparable(load))
    if load is None or result is None:
        assert (subject.stored(), subject.exported()) == before
        return world
    hold_target(subject, result.target)
    _hold_books(load, result)
    if asked.command != "run":
        subject.stored_words = _words_of(result.world, subject.stored_words)
    if load.load_id is not None:
        subject.ids.append(load.load_id)
    if asked.again and asked.command == "run":
        exported = subject.exported()
        again = subject.ask(asked)
        assert again is not None
        assert (again.status, again.held, subject.exported()) == ("nothing new", load.held, exported)
    if asked.rebuild:
        _hold_rebuild(subject, result)
    return result.world


def _oracle(world: World, asked: Asked) -> Result:
    does: dict[str, Callable[[], Result]] = {
        "run": lambda: moves.run(world, asked.folder, asked.definition, asked.way),
        "unload": lambda: moves.unload(world, asked.paths),
        "reload": lambda: moves.reload(world, asked.paths),
        "rollback": lambda: moves.rollback(world, asked.load),
    }
    return does[asked.command]()


def _words_of(world: World, words: dict[str, Any]) -> dict[str, Any]:
    """What is stored after a rollback."""
    definition, way = world.definition, world.way
    assert definition is not None
    return words | {
        "strategy": definition.strategy, "key": definition.key or None, "order_by": definition.order_by,
        "names": definition.names, "trim": definition.trim, "nulls": definition.nulls, "columns": definition.declared,
        "schema_contract": definition.contract, "header": way not in ("headless", "skipped"),
        "skip_rows": int(way == "skipped"),
        "quote": '"' if way == "quote" else None, "escape": '"' if way == "escape" else None,
        "encoding": "latin-1" if way == "latin" else None,
    }


def _planned(subject: Subject, asked: Asked) -> Load | None:
    files, stored, exported = subject.files(), subject.stored(), subject.exported()
    planned = subject.ask(asked, plan=True)
    assert (subject.files(), subject.stored(), subject.exported()) == (files, stored, exported)
    return planned


def _hold_books(load: Load, result: Result) -> None:
    """Counts, columns and paths are the oracle's."""
    hold_sums(load)
    assert (load.status == "loaded") == result.moved, load.status
    assert (load.records, load.versions) == (len(result.target.rows), len(result.world.loaded))
    assert [(column.name, column.type) for column in load.columns] == [
        (shown, str(result.target.types[column])) for column, shown in result.target.shown.items()]
    assert (load.new, load.changed, load.gone, load.back, load.held) == (
        result.new, result.changed, result.gone, result.back, result.held)
    assert {book.path: file_counts(book) for book in load.files} == {
        path: asdict(counts) for path, counts in result.books.files.items()}
    assert asdict(load.target) == asdict(result.books.target)


def _hold_rebuild(subject: Subject, result: Result) -> None:
    """What is loaded, loaded at once in an empty place, gives the same target and bytes; where one way reads it all."""
    loaded, definition = result.world.loaded, result.world.definition
    ways = {version.way for version in loaded.values()}
    if len(ways) != 1 or definition is None or definition.frozen:  # what a contract holds to is of its own past
        return
    if not {name for name, _ in definition.declared} <= result.target.shown.keys():  # stated anew, it is a mistake
        return
    with home() as folder:
        other = Subject(folder, "fresh", subject.delimiter)
        other.bring({path: version.raw for path, version in loaded.items()})
        other.load_in_way(definition, ways.pop())
        assert other.exported() == subject.exported(), "the export of a rebuild"
        assert other.stored() == subject.stored(), "a rebuild"



"""`etl.toml`: many datasets, each in the words of the options, read and checked whole before anything is run."""

from __future__ import annotations

import difflib
import glob
import os
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from etl.config import DEFAULT_WAREHOUSE, Dataset, Settings
from etl.errors import UsageError, shorten
from etl.names import matched

CONFIG = Path("etl.toml")
TOP = ("warehouse", "threads", "memory_limit", "temp_dir", "lock_timeout")  # of the machine: the same for all datasets
POLICY = ("on_error", "max_rejects", "max_conflicts", "strict")
NOT_IN_FILE = ("table", "move_root", "reset", "whole")  # the entry's name is the table; the others are for one time
PATHS = ("source_dir", "output", "temp_dir", "warehouse")


@dataclass(frozen=True, slots=True)
class Entry:
    """A dataset of the file.

    Args:
        policy: The words of `POLICY` that it states.
    """

    dataset: Dataset
    policy: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Config:
    """An `etl.toml`.

    Args:
        warehouse: The accumulating warehouse of all datasets; None where each run is a fresh one.
        machine: The words of the machine that it states.
        entries: By the name of the table, in the order of the file.
    """

    path: Path
    warehouse: Path | None
    machine: Mapping[str, Any]
    entries: Mapping[str, Entry]

    def chosen(self, names: Sequence[str]) -> list[Entry]:
        """The named datasets in the order of the file; all where none is named.

        Raises:
            UsageError: The file has no dataset of a name.
        """
        wanted = [matched(name) for name in names]
        for name, key in zip(names, wanted, strict=True):
            if key not in self.entries:
                raise UsageError(f"{self.path} has no dataset {name}. It has: {', '.join(self.entries)}.")
        return [entry for name, entry in self.entries.items() if not wanted or name in wanted]

    def settings(self, entry: Entry, stated: Mapping[str, Any]) -> Settings:
        """How the run of a dataset is to behave; what the command line states of the machine comes first."""
        words = {**self.machine, **entry.policy, **stated}
        known = {field.name for field in fields(Settings)}
        return Settings(**{word: value for word, value in words.items() if word in known})


def read_config(path: Path, options: Mapping[str, click.Option]) -> Config:
    """Read a file and check every word of it.

    Args:
        options: The options of `run` by their words: what a word may be is what its option takes.

    Raises:
        UsageError: Naming the file, the table and the word.
    """
    raw = _parsed(path)
    reader = _Reader(path, options)
    top = {word: reader.value("the top", word, raw[word], TOP) for word in raw if word != "dataset"}
    tables = raw.get("dataset", {})
    if not isinstance(tables, dict) or not tables:
        raise UsageError(f"{path} has no dataset. Write one as a table: [dataset.customers].")
    warehouse = top.pop("warehouse", None)
    entries: dict[str, Entry] = {}
    for name, table in tables.items():
        entry = reader.entry(name, table, fresh=warehouse is None)
        if str(entry.dataset.table) in entries:
            raise UsageError(f"{path}, [dataset.{name}]: the file has this table twice; names match in any case.")
        entries[str(entry.dataset.table)] = entry
    return Config(path, None if warehouse is None else Path(warehouse), top, entries)


def options_of(command: click.Command) -> dict[str, click.Option]:
    """The options of a command by the words of the file: `source_dir` for `--source-dir`."""
    return {option.opts[0].removeprefix("--").replace("-", "_"): option
            for option in command.params if isinstance(option, click.Option)}


def default_warehouse() -> str:
    """The warehouse that is meant where none is named: that of `etl.toml` in the current folder, else the usual one.

    Raises:
        UsageError: The file is there and cannot be read.
    """
    if not CONFIG.exists():
        return str(DEFAULT_WAREHOUSE)
    stated = _parsed(CONFIG).get("warehouse", str(DEFAULT_WAREHOUSE))
    if not isinstance(stated, str) or not stated:
        raise UsageError(f"{CONFIG}, at the top: warehouse is to be a text, and is {shorten(repr(stated))}.")
    return stated


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}. Name the file with --config.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8, from byte {error.start} on, as TOML must be.") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not TOML: {str(error) or 'it is nested too deep'}.") from error


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns the words of a file into those of a dataset."""

    path: Path
    options: Mapping[str, click.Option]

    def entry(self, name: str, table: object, *, fresh: bool) -> Entry:
        """One `[dataset.NAME]`."""
        where = f"[dataset.{name}]"
        if not isinstance(table, dict):
            raise UsageError(f"{self.path}, {where}: a dataset is to be a table, and is {shorten(repr(table))}.")
        if not matched(name):
            raise UsageError(f"{self.path}, {where}: a dataset needs a name, which is that of its table.")
        of_dataset = {field.name for field in fields(Dataset)} - set(NOT_IN_FILE)
        known = ["sources", *(word for word, option in self.options.items() if option.name in of_dataset), *POLICY]
        words = {word: self.value(where, word, value, known) for word, value in table.items()}
        policy = {word: words.pop(word) for word in POLICY if word in words}
        stated = {"sources" if word == "sources" else str(self.options[word].name): value
                  for word, value in words.items()}
        if stated.get("strategy") in ("deduplicate", "update") and not stated.get("key"):
            raise UsageError(f"{self.path}, {where}: strategy {stated['strategy']} needs key, the columns that "
                             "say which record a row is.")
        if stated.get("output") == "-":
            raise UsageError(f"{self.path}, {where}: output is a file; standard output is for a run without --config.")
        if fresh and "output" not in stated:
            raise UsageError(f"{self.path}, {where}: output is missing. Name one, or a warehouse at the top.")
        stated.setdefault("source_dir", str(self.path.parent))
        return Entry(Dataset(**stated, table=matched(name), whole=True), policy)

    def value(self, where: str, word: str, value: object, known: Collection[str]) -> Any:
        """The value of one word, as its option would have it.

        Raises:
            UsageError: The word is unknown, or its value is not what its option takes.
        """
        if word not in known:
            near = difflib.get_close_matches(word.replace("-", "_"), known, 1)
            hint = f"Is {near[0]} meant?" if near else f"There are: {', '.join(known)}."
            hint = "The name of the entry is that of the table." if word == "table" else hint
            raise UsageError(f"{self.path}, {where}: there is no word {word}. {hint}")
        try:
            return self._converted(word, value)
        except (click.BadParameter, ValueError) as error:
            said = error.message if isinstance(error, click.BadParameter) else str(error)
            raise UsageError(f"{self.path}, {where}: {word} is wrong: {said}") from error

    def _converted(self, word: str, value: object) -> Any:
        if word == "sources":
            return tuple(self._source(text) for text in _texts(value))
        option = self.options[word]
        if word == "key":
            return option.type.convert(value, option, None) if isinstance(value, str) else _names(value)
        if word == "column":
            if not isinstance(value, dict) or not all(isinstance(kind, str) and kind for kind in value.values()):
                raise ValueError("it is a table of types by column, like {amount = 'DECIMAL(12,2)'}, "
                                 f"not {_said(value)}.")
            return tuple(value.items())
        if option.multiple:
            return tuple(option.type.convert(text, option, None) for text in _texts(value))
        return self._one(word, option, value)

    def _one(self, word: str, option: click.Option, value: object) -> Any:
        if option.is_flag:
            if not isinstance(value, bool):
                raise ValueError(f"it is true or false, not {_said(value)}.")
            return value
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if isinstance(option.type, click.IntRange):
            if not number or isinstance(value, float):
                raise ValueError(f"it is a whole number, not {_said(value)}.")
        elif number and word in ("max_rejects", "lock_timeout"):
            value = str(value)
        elif not isinstance(value, str):
            raise ValueError(f"it is a text, not {_said(value)}.")
        found = option.type.convert(value, option, None)
        if word not in PATHS or found == "-":
            return found
        whole = self.path.parent / found
        return whole if word == "temp_dir" else str(whole)

    def _source(self, text: str) -> str:
        """A source of the file: relative to the folder of the file, whose own name is no glob."""
        if not text:
            raise ValueError("a source is empty.")
        whole = self.path.parent / text
        if not os.path.lexists(whole) and glob.has_magic(text):
            return str(Path(glob.escape(str(self.path.parent)), text))
        return str(whole)


def _texts(value: object) -> list[str]:
    """A text, or a list of them."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise ValueError(f"it is a text or a list of texts, not {_said(value)}.")
    return found


def _names(value: object) -> tuple[str, ...]:
    names = tuple(text.strip() for text in _texts(value))
    if not names or not all(names):
        raise ValueError("it has an empty column name, or none.")
    if len({matched(name) for name in names}) < len(names):
        raise ValueError("it names a column twice.")
    return names


def _said(value: object) -> str:
    return shorten(str(value).lower() if isinstance(value, bool) else str(value))

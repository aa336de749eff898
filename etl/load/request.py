"""What a run is asked for: the stated dataset, completed by what the warehouse knows of it or by the defaults."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from etl.config import (
    DEFAULT_OUTPUT,
    DEFAULT_SOURCE_DIR,
    DEFAULT_WAREHOUSE,
    RESETTABLE,
    STRATEGIES,
    Dataset,
    Definition,
    Reading,
    Selection,
)
from etl.errors import UsageError
from etl.ledger.read import StoredDataset, StoredOutput
from etl.names import matched, table_name
from etl.sources.discovery import root_of
from etl.structure.declared import type_name

T = TypeVar("T", Selection, Definition, Reading)


@dataclass(frozen=True, slots=True)
class Request:
    """A dataset with everything decided.

    Args:
        output: The recorded output, absolute; None when there is none. `-` stands in `once`.
        once: The export goes to standard output, this time.
        changes: What is asked for otherwise than it is stored, one sentence each.
    """

    name: str
    fresh: bool
    root: Path
    selection: Selection
    reading: Reading
    definition: Definition
    lineage: bool
    output: Path | None
    once: bool
    changes: tuple[str, ...]
    warnings: tuple[str, ...]


def speakable(path: Path, what: str) -> Path:
    """A path as an absolute one, where its name is UTF-8: DuckDB takes no other.

    Raises:
        UsageError: It is not.
    """
    whole = os.path.abspath(path)  # noqa: PTH100  resolve() would follow links
    try:
        whole.encode()
    except UnicodeEncodeError:
        spelled = whole.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise UsageError(f"The name of the {what} is not UTF-8: {spelled}. Rename it, or its folder.") from None
    return Path(whole)


def followed(path: Path, what: str) -> Path:
    """The file that a link leads to: that one is written, and the link stays.

    Raises:
        UsageError: It leads to itself.
    """
    if not path.is_symlink():
        return path
    try:
        return Path(os.path.realpath(path, strict=True))
    except FileNotFoundError:  # what it leads to is still to be made
        return Path(os.path.realpath(path))
    except OSError as error:
        raise UsageError(f"The {what} {path} is a link that leads nowhere ({error.strerror}). Remove it, or name "
                         "another place.") from error


def warehouse_beside(output: str | None) -> Path:
    """The warehouse of a fresh run: beside its output."""
    if output in (None, "-"):
        return DEFAULT_WAREHOUSE
    name = Path(str(output)).name
    for extension in (".gz", ".zst"):
        if name.lower().endswith(extension):
            name = name[: -len(extension)]
    path = Path(str(output)).with_name(name)
    return path.with_suffix(".duckdb")


def request(
    dataset: Dataset, known: StoredDataset | None, output: StoredOutput | None, *, fresh: bool
) -> Request:
    """Complete a stated dataset.

    Args:
        known: What an accumulating warehouse stores of it; None in a fresh run, and for a new dataset.

    Raises:
        UsageError: A stated option is wrong, or contradicts what is stored.
    """
    _check_texts(dataset)
    base = None if fresh or known is None else _without(known) if dataset.whole else _reset(dataset, known)
    selection = _selection(dataset, base)
    root = speakable(_root(dataset, base, selection), "source folder")
    name = base.name if base is not None else _name(dataset, root)
    definition, unused = _definition(dataset, base.definition if base is not None else Definition())
    reading = _reading(dataset, base.reading if base is not None else Reading())
    once = dataset.output == "-"
    place = (
        None if once else dataset.output or (DEFAULT_OUTPUT if fresh else output.path if output is not None else None)
    )
    lineage = dataset.lineage if dataset.lineage is not None else base.lineage if base is not None else False
    return Request(
        name, fresh, root, selection, reading, definition, lineage,
        None if place is None else followed(speakable(Path(place), "output"), "output"), once,
        _moves(known, root, selection) + changes(known, definition, reading)
        if base is not None and known is not None else (), unused,
    )


def meant(every: Sequence[StoredDataset], dataset: Dataset, *, fresh: bool) -> StoredDataset | None:
    """The stored dataset that is meant before its name is known: the one named, or the only one."""
    if fresh:
        return None
    if dataset.table is not None:
        return next((d for d in every if d.name == matched(dataset.table)), None)
    if not dataset.sources and dataset.source_dir is None and len(every) == 1:
        return every[0]
    return None


def files_of(dataset: Dataset, every: Sequence[StoredDataset], *, fresh: bool) -> tuple[str, Selection, Path]:
    """Of a stated dataset beside those that are stored: its name, what it takes, and its source root.

    Raises:
        UsageError: A stated option contradicts what is stored.
    """
    base = meant(every, dataset, fresh=fresh)
    selection = _selection(dataset, base)
    root = _root(dataset, base, selection)
    return base.name if base is not None else _name(dataset, root), selection, root


def _check_texts(dataset: Dataset) -> None:
    """Hold what enters statements and the ledger to be text: half a character is none, and has no bytes."""
    for name in ("table", "key", "order_by", "nulls", "columns", "delimiter", "quote", "escape", "encoding", "sheet"):
        value = getattr(dataset, name)
        if any("\ud800" <= char <= "\udfff" for char in json.dumps(value, ensure_ascii=False)):
            raise UsageError(f"{name} is {value!a}, which has half a character (a lone surrogate). Give whole ones.")


def _without(known: StoredDataset) -> StoredDataset:
    """What is stored, without any option; the structure that a contract holds to is no option."""
    return replace(known, selection=Selection(), reading=Reading(), lineage=False,
                   definition=Definition(frozen=known.definition.frozen))


def _reset(dataset: Dataset, known: StoredDataset) -> StoredDataset:
    """What is stored, with the options that are reset at their defaults.

    Raises:
        UsageError: An option is unknown, or is stated as well.
    """
    fields_of = {"order-by": "order_by", "null": "nulls", "column": "columns"}
    named = {option: fields_of.get(option, option) for option in dataset.reset}
    for option, field in named.items():
        if option not in RESETTABLE:
            raise UsageError(f"--reset {option} is none of {', '.join(RESETTABLE)}.")
        if getattr(dataset, field):
            raise UsageError(f"--reset {option} and --{option} say two things; leave one out.")
    return replace(known, selection=_defaults(known.selection, named), definition=_defaults(known.definition, named),
                   reading=_defaults(known.reading, named))


def _defaults(stored: T, named: Mapping[str, str]) -> T:
    defaults: dict[str, Any] = {field.name: field.default for field in fields(stored) if field.name in named.values()}
    return replace(stored, **defaults)


def _selection(dataset: Dataset, base: StoredDataset | None) -> Selection:
    stated = Selection(dataset.source_dir, dataset.sources, dataset.include or (), dataset.exclude or ())
    if not stated.stated:
        if base is not None:
            return replace(base.selection, include=dataset.include or base.selection.include,
                           exclude=dataset.exclude or base.selection.exclude)
        return replace(stated, source_dir=str(DEFAULT_SOURCE_DIR))
    return stated


def _root(dataset: Dataset, base: StoredDataset | None, selection: Selection) -> Path:
    if base is None:
        return root_of(selection)
    if dataset.source_dir is None:
        return Path(base.root)
    stated = root_of(selection)
    if str(stated) == base.root or dataset.move_root:
        return stated
    raise UsageError(
        f"The files of {base.name} are below {base.root}; --source-dir names {stated}. Give the folder that is stored, "
        "say with --move-root that it moved, or load into another --table."
    )


def _name(dataset: Dataset, root: Path) -> str:
    if dataset.table is None:
        return table_name(root.name)
    name = matched(dataset.table)
    if not name or "\0" in name:
        raise UsageError("--table needs a name.")
    return name


def _definition(dataset: Dataset, base: Definition) -> tuple[Definition, tuple[str, ...]]:
    strategy = dataset.strategy or base.strategy
    if strategy not in STRATEGIES:
        raise UsageError(f"--strategy {strategy} is none of {', '.join(STRATEGIES)}.")
    key = base.key if dataset.key is None else tuple(matched(part) for part in dataset.key)
    if "" in key or len(set(key)) != len(key):
        raise UsageError("--key names a column twice, or an empty one.")
    warnings: tuple[str, ...] = ()
    if strategy == "append":
        if dataset.key:
            warnings = ("--key is not used by the strategy append: every row is kept.",)
        key = ()
    elif not key:
        raise UsageError(f"The strategy {strategy} needs --key: the column, or columns, that name a record.")
    order = base.order_by if dataset.order_by is None else matched(dataset.order_by)
    columns = base.columns if dataset.columns is None else tuple(
        sorted((matched(name), type_name(text)) for name, text in dataset.columns))
    if len({name for name, _ in columns}) != len(columns):
        raise UsageError("--column declares a column twice.")
    nulls = base.nulls if dataset.nulls is None else tuple(sorted(set(dataset.nulls)))
    if any("\0" in text for text in nulls):
        raise UsageError("--null spells a text with a NUL character, which no statement can say.")
    contract = dataset.schema_contract or base.contract
    return Definition(
        strategy, key, order or None, dataset.names or base.names, base.trim if dataset.trim is None else dataset.trim,
        nulls, columns, contract, base.frozen if contract != "evolve" else (),
    ), warnings


def _reading(dataset: Dataset, base: Reading) -> Reading:
    stated = {field.name: getattr(dataset, field.name) for field in fields(Reading)
              if getattr(dataset, field.name) is not None}
    for name, least in (("skip_rows", 0), ("max_cell_lines", 1)):
        if stated.get(name, least) < least:
            raise UsageError(f"--{name.replace('_', '-')} {stated[name]} is not a number from {least} on.")
    return replace(base, **stated)


def _moves(base: StoredDataset, root: Path, selection: Selection) -> tuple[str, ...]:
    """Where files are looked for otherwise than it is stored, one sentence each."""
    moved = (f"source_dir was {base.root} and is now {root}",) if str(root) != base.root else ()
    return moved + differences(replace(base.selection, source_dir=None), replace(selection, source_dir=None))


def changes(base: StoredDataset, definition: Definition, reading: Reading) -> tuple[str, ...]:
    """What is asked for otherwise than it is stored, one sentence each."""
    return differences(base.definition, definition) + differences(base.reading, reading)


def differences(before: T, after: T) -> tuple[str, ...]:
    """In what one is stated otherwise than the other, one sentence each."""
    pairs = ((field.name, getattr(before, field.name), getattr(after, field.name)) for field in fields(before))
    return tuple(f"{name} was {_said(was)} and is now {_said(now)}" for name, was, now in pairs
                 if was != now and name != "frozen")


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(" ".join(v) if isinstance(v, tuple) else str(v) for v in value) or "none"
    return "none" if value is None else str(value)

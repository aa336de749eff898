"""What a person states: a dataset, how its files are read, its definition, and how a run behaves."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from etl.errors import UsageError

Strategy = Literal["append", "deduplicate", "update"]
OnError = Literal["abort", "skip_file", "reject_row"]
Contract = Literal["evolve", "freeze", "discard_row"]
Names = Literal["lower", "keep"]
Ragged = Literal["reject", "pad"]
SourceFormat = Literal["csv", "json", "ndjson", "parquet", "xlsx"]

STRATEGIES: tuple[Strategy, ...] = ("append", "deduplicate", "update")
# What a stored dataset may have and no value of the option can take away again.
RESETTABLE = ("order-by", "null", "column", "include", "exclude", "delimiter", "quote", "escape", "encoding")
MOST = 1 << 63  # from here on no number is meant
DEFAULT_SOURCE_DIR = Path("data/sources")
DEFAULT_OUTPUT = "data/etl_output.json"
DEFAULT_WAREHOUSE = Path("data/etl_output.duckdb")


@dataclass(frozen=True, slots=True)
class Reading:
    """The way a file is read; part of every fingerprint.

    None means: found from the file's name (`format`), its first record, or its first sheet.

    Args:
        ragged: What a record of fewer cells than columns is: a reject, or padded with NULL.
    """

    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    encoding: str | None = None
    header: bool = True
    skip_rows: int = 0
    ragged: Ragged = "reject"
    max_cell_lines: int = 20
    format: SourceFormat | None = None
    sheet: str | None = None

    def canonical(self) -> str:
        """One text for one way of reading, the same on every machine and in every version."""
        stated = asdict(self)
        later = {"ragged": "reject", "format": None, "sheet": None}
        for name, default in later.items():  # an option that came later is told where it is used: fingerprints stay
            if stated[name] == default:
                del stated[name]
        return json.dumps(stated, sort_keys=True, ensure_ascii=True)


@dataclass(frozen=True, slots=True)
class Definition:
    """What turns accepted rows into the target.

    Args:
        key: Column names as they match (NFC, lower case), in the order they were stated.
        nulls: Texts that spell NULL, besides the empty unquoted cell.
        columns: Declared types by column name.
        frozen: The structure that the contract holds to, by column name; empty under `evolve`.
    """

    strategy: Strategy = "append"
    key: tuple[str, ...] = ()
    order_by: str | None = None
    names: Names = "lower"
    trim: bool = True
    nulls: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    contract: Contract = "evolve"
    frozen: tuple[tuple[str, str], ...] = ()

    @property
    def keyed(self) -> bool:
        """Whether the target has one row a key."""
        return self.strategy != "append"

    @property
    def held(self) -> tuple[str, ...]:
        """The columns that the contract holds to: those frozen and those declared; none before any is frozen."""
        if self.contract == "evolve" or not self.frozen:
            return ()
        return tuple(dict.fromkeys(name for name, _ in (*self.frozen, *self.columns)))

    def canonical(self) -> str:
        """One text for one definition."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)

    @classmethod
    def parse(cls, text: str) -> Definition:
        """The definition that `canonical` wrote."""
        raw = json.loads(text)
        raw["columns"] = tuple((n, t) for n, t in raw["columns"])
        raw["frozen"] = tuple((n, t) for n, t in raw["frozen"])
        return cls(**{**raw, "key": tuple(raw["key"]), "nulls": tuple(raw["nulls"])})

    def cells_digest(self) -> str:
        """What decides which rows are accepted and what their cells say: the key of the cache of kinds."""
        parts = [self.keyed and self.key, self.trim, sorted(self.nulls), sorted(self.columns), self.contract,
                 sorted(self.frozen)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files a dataset takes: a folder, or files, folders and globs, narrowed by globs."""

    source_dir: str | None = None
    sources: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def stated(self) -> bool:
        """Whether anything says where the files are."""
        return self.source_dir is not None or bool(self.sources)

    @classmethod
    def parse(cls, text: str) -> Selection:
        """The selection that is kept as JSON."""
        raw = json.loads(text)
        return cls(raw["source_dir"], tuple(raw["sources"]), tuple(raw["include"]), tuple(raw["exclude"]))


@dataclass(frozen=True, slots=True)
class Dataset:
    """A target with its source and definition, in the words of the command line.

    None (or an empty tuple) means: not stated. In a fresh run that is the default; for a dataset that an
    accumulating warehouse knows it is the stored value.
    """

    sources: tuple[str, ...] = ()
    source_dir: str | None = None
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    output: str | None = None
    lineage: bool | None = None
    table: str | None = None
    strategy: Strategy | None = None
    key: tuple[str, ...] | None = None
    order_by: str | None = None
    names: Names | None = None
    trim: bool | None = None
    nulls: tuple[str, ...] | None = None
    columns: tuple[tuple[str, str], ...] | None = None
    schema_contract: Contract | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    encoding: str | None = None
    header: bool | None = None
    skip_rows: int | None = None
    ragged: Ragged | None = None
    max_cell_lines: int | None = None
    format: SourceFormat | None = None
    sheet: str | None = None
    move_root: bool = False
    reset: tuple[str, ...] = ()  # options that go back to their defaults, of RESETTABLE
    whole: bool = False  # what is not stated is the default, also where the warehouse stores another value


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run behaves; none of it changes what a target holds.

    Args:
        max_rejects: `100` or `1%` of the records read; None is no bound.
        max_conflicts: How many keys two files may claim with different values; None is no bound.
        memory_limit: As DuckDB takes it, for example `2GB`.
        lock_timeout: Seconds to wait for another process that holds the warehouse.
    """

    on_error: OnError = "abort"
    max_rejects: str | None = None
    max_conflicts: int | None = None
    strict: bool = False
    temp_dir: Path | None = None
    memory_limit: str = "2GB"
    threads: int | None = None
    lock_timeout: float = 5.0

    def __post_init__(self) -> None:
        """Hold the numbers to what can be meant.

        Raises:
            UsageError: One cannot.
        """
        for option, number, least in (("--threads", self.threads, 1), ("--max-conflicts", self.max_conflicts, 0)):
            if number is not None and not least <= number < MOST:
                raise UsageError(f"{option}{_shown(number)} is not a number from {least} on.")
        if not 0 <= self.lock_timeout < MOST:
            raise UsageError(f"--lock-timeout{_shown(self.lock_timeout)} is no number of seconds, like 5 or 0.5.")


def _shown(number: float) -> str:
    """A number as it can be shown behind its option; one of hundreds of digits is not."""
    return f" {number:g}" if not abs(number) >= MOST else ""

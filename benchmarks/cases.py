"""What is measured: the work, who does it in which steps, and what was promised."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.environment import HOUSE

RIVALS = HOUSE / "benchmarks" / "rivals"


def nothing(_folder: Path) -> None:
    """The preparation of a step that needs none."""


@dataclass(frozen=True, slots=True)
class Step:
    """One process to be measured.

    Args:
        name: What it does, for the table.
        command: Of which `OUT` stands for the folder of this contender and round.
        prepare: Done in that folder before, and not measured.
    """

    name: str
    command: tuple[str, ...]
    prepare: Callable[[Path], None] = nothing


@dataclass(frozen=True, slots=True)
class Target:
    """What a step of `etl` must stay below: seconds, or a multiple of another step.

    Args:
        of: The contender and step that `wall` and `peak` are multiples of; None where `wall` is in seconds.
    """

    wall: float
    peak: float | None = None
    of: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One piece of work that several contenders do, each in steps that follow one another.

    Args:
        same: Where each contender's orders are afterwards, `OUT` being its folder; they are compared with the first.
        targets: By the step of `etl`.
    """

    name: str
    contenders: Mapping[str, tuple[Step, ...]]
    targets: Mapping[str, Target]
    same: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the files are, which Python runs the contenders, and how large the work is (1.0: as promised)."""

    python: Path
    files: Path
    scale: float

    def make(self, **numbers: int) -> Path:
        """A folder of orders, made where it is not there yet; the numbers are those of `make_files`."""
        stated = [f"{name}={value}" for name, value in numbers.items()]
        folder = self.files / ",".join(stated)
        if not folder.exists():
            partial = folder.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            script = HOUSE / "benchmarks" / "make_files.py"
            subprocess.run([self.python, script, partial, *stated], check=True)
            partial.rename(folder)
            time.sleep(2)  # a file younger than two seconds is read again, by rule
        return folder

    def size(self, number: int) -> int:
        """A number of rows or files at this scale."""
        return max(2, round(number * self.scale))

    def rival(self, script: str, source: Path, step: str = "load") -> Step:
        """A rival's script over a folder, with its output `OUT/orders.json`."""
        return Step(step, (str(self.python), str(RIVALS / f"{script}.py"), str(source), "OUT/orders.json"))

    def etl(self, *arguments: str, command: str = "run") -> tuple[str, ...]:
        """A command of `etl` with arguments."""
        return (str(self.python.with_name("etl")), command, *arguments)


def orders(bench: Bench) -> Case:
    """1.5 million orders in 10 files, the last of each key stays, from nothing to JSON."""
    rows = bench.size(150_000)
    source = bench.make(first=0, files=10, rows=rows, start=0, step=rows - rows // 20)
    load = ("--source-dir", str(source), "--output", "OUT/orders.json", "--strategy", "update", "--key", "o_orderkey")
    return Case(
        "orders",
        {
            "DuckDB by hand": (bench.rival("duckdb_by_hand", source),),
            "etl": (Step("load", bench.etl(*load)),),
            "polars, nothing kept": (bench.rival("polars_in_memory", source),),
            "pandas, nothing kept": (bench.rival("pandas_in_memory", source),),
            "dlt, no JSON": (bench.rival("dlt_merge", source),),
        },
        {"load": Target(1.3, 1.2, of=("DuckDB by hand", "load"))},
        {
            "DuckDB by hand": "OUT/orders.json",
            "etl": "OUT/orders.json",
            "polars, nothing kept": "OUT/orders.json",
            "pandas, nothing kept": "OUT/orders.json",
            "dlt, no JSON": "OUT/orders.duckdb:loaded.orders",
        },
    )


def many(bench: Bench) -> Case:
    """10,000 files of 100 orders, and a second run that finds nothing new."""
    source = bench.make(first=0, files=bench.size(10_000), rows=100, start=0, step=95)
    load = ("--source-dir", str(source), "--output", "OUT/orders.json", "--strategy", "update", "--key", "o_orderkey")
    return Case(
        "many files",
        {
            "DuckDB by hand": (bench.rival("duckdb_by_hand", source),),
            "etl": (Step("load", bench.etl(*load)), Step("nothing new", bench.etl(*load))),
        },
        {"load": Target(2.5, of=("DuckDB by hand", "load")), "nothing new": Target(1.5)},
        {"DuckDB by hand": "OUT/orders.json", "etl": "OUT/orders.json"},
    )


def baseline(bench: Bench) -> Case:
    """The first command of the README, in a fresh folder and again."""
    command = (
        str(bench.python), str(HOUSE / "project.py"), "--source-dir", "data/sources",
        "--output", "data/etl_output.json", "--strategy", "deduplicate", "--key", "id",
    )  # fmt: skip

    def sample(folder: Path) -> None:
        shutil.copytree(HOUSE / "data" / "sources", folder / "data" / "sources")

    return Case(
        "baseline",
        {"etl": (Step("first run", command, sample), Step("second run", command))},
        {"first run": Target(1.5), "second run": Target(1.0)},
    )


def delta(bench: Bench) -> Case:
    """2 % of new orders, half of them of known keys, into a warehouse of 1.5 million. Nothing is exported."""
    rows = bench.size(150_000)
    step = rows - rows // 20
    source = bench.make(first=0, files=10, rows=rows, start=0, step=step)
    few = rows // 5
    arriving = bench.make(first=99, files=1, rows=few, start=9 * step + rows - few // 2, step=few)
    load = (
        "--source-dir", "OUT/drop", "--warehouse", "OUT/w.duckdb", "--table", "orders",
        "--strategy", "update", "--key", "o_orderkey",
    )  # fmt: skip

    def land(folder: Path) -> None:
        shutil.copytree(source, folder / "drop")
        time.sleep(2)

    def arrive(folder: Path) -> None:
        shutil.copy(next(arriving.iterdir()), folder / "drop" / "orders_99999.csv")

    return Case(
        "delta",
        {
            "DuckDB by hand": (
                bench.rival("duckdb_by_hand", source, "all, and JSON"),
                bench.rival("duckdb_delta_by_hand", arriving, "2 %"),
            ),
            "etl": (Step("all", bench.etl(*load), land), Step("2 %", bench.etl(*load), arrive)),
        },
        {"2 %": Target(0.15, of=("etl", "all"))},
        {"DuckDB by hand": "OUT/orders.duckdb:main.orders", "etl": "OUT/w.duckdb:main.orders"},
    )


def leaving(bench: Bench) -> Case:
    """One of 100 files is unloaded; each has a twentieth of its keys from the one before. Nothing is exported."""
    rows = bench.size(15_000)
    source = bench.make(first=0, files=100, rows=rows, start=0, step=rows - rows // 20)
    kept = ("--warehouse", "OUT/w.duckdb")
    load = ("--source-dir", str(source), "--table", "orders", "--strategy", "update", "--key", "o_orderkey", *kept)
    left = Step("one of 100", bench.etl("orders", "orders_00050.csv", *kept, command="unload"))
    return Case(
        "leaving",
        {"etl": (Step("all", bench.etl(*load), lambda _folder: time.sleep(2)), left)},
        {"one of 100": Target(0.25, of=("etl", "all"))},
    )


CASES: dict[str, Callable[[Bench], Case]] = {
    "orders": orders, "many": many, "baseline": baseline, "delta": delta, "leaving": leaving}

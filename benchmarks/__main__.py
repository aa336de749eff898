"""`python -m benchmarks`: etl beside its alternatives, on this machine, in one run.

It makes its own environment and files. Contenders take turns, as whole
processes; a number in the table is the median over the rounds, a ratio the
median of the ratios within one round.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from benchmarks.cases import CASES, Bench, Case
from benchmarks.environment import HOUSE, environment, versions
from benchmarks.measure import Cost, measure

Costs = dict[tuple[str, str], list[Cost]]


def main() -> None:
    """Measure the cases that were asked for, and print the table as Markdown."""
    options = arguments()
    python = options.python or environment()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="etl-benchmarks-"))
    bench = Bench(python.absolute(), folder.absolute() / "files", options.scale)
    try:
        print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions(python)}; ", end="")
        print(f"median of {options.rounds}" + (f", at {options.scale:g} of the size" if options.scale != 1 else ""))
        print()
        print("| case | who | seconds | (least to most) | peak MB | wall, of by hand | peak, of by hand | promised |")
        print("|---|---|---:|---|---:|---:|---:|---|")
        for name in options.cases:
            case = CASES[name](bench)
            costs = rounds(case, bench, options.rounds, set(options.without))
            for row in table(case, costs):
                print("| " + " | ".join(row) + " |", flush=True)
    finally:
        if options.folder is None:
            shutil.rmtree(folder)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"any of {', '.join(CASES)}; all when none is named")
    parser.add_argument("-n", "--rounds", type=int, default=3, help="how often each contender runs (3)")
    parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the size, to try things (1.0)")
    parser.add_argument("--without", nargs="*", default=[], metavar="WHO", help="leave out, by first word")
    parser.add_argument("--folder", type=Path, help="where files are made and kept for the next run (a temporary one)")
    parser.add_argument("--python", type=Path, help="an environment with everything installed (one of its own)")
    options = parser.parse_args()
    options.cases = options.cases or list(CASES)
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    return options


def rounds(case: Case, bench: Bench, count: int, without: set[str]) -> Costs:
    """Let the contenders take turns, and compare what they came to in the last round."""
    costs: Costs = defaultdict(list)
    contenders = {who: steps for who, steps in case.contenders.items() if who.split(",")[0].split()[0] not in without}
    for turn in range(count):
        for place, (who, steps) in enumerate(contenders.items()):
            out = bench.files.parent / "out" / str(place)
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir(parents=True)
            for step in steps:
                step.prepare(out)
                command = [part.replace("OUT", str(out)) for part in step.command]
                costs[who, step.name].append(measure(command, out))
                print(f"{case.name}, {turn + 1} of {count}: {who}, {step.name}", file=sys.stderr)
    results = [
        case.same[who].replace("OUT", str(bench.files.parent / "out" / str(place)))
        for place, who in enumerate(contenders)
        if who in case.same
    ]
    compare = HOUSE / "benchmarks" / "compare.py"
    for result in results[1:]:
        subprocess.run([bench.python, compare, results[0], result], check=True, stdout=sys.stderr)
    shutil.rmtree(bench.files.parent / "out", ignore_errors=True)
    return costs


def table(case: Case, costs: Costs) -> Iterable[tuple[str, ...]]:
    """The rows of the table for one case."""
    for (who, step), spent in costs.items():
        seconds = [cost.seconds for cost in spent]
        # Only the same step is a comparison.
        other = ("DuckDB by hand", step) if ("DuckDB by hand", step) in costs else None
        wall, peak = ratio(costs, (who, step), other) if other and who != "DuckDB by hand" else (None, None)
        yield (
            case.name,
            f"{who}: {step}",
            f"{median(seconds):.2f}",
            f"{min(seconds):.2f} to {max(seconds):.2f}",
            f"{median(cost.megabytes for cost in spent):.0f}",
            f"{wall:.2f}" if wall is not None else "",
            f"{peak:.2f}" if peak is not None else "",
            promise(case, costs, step) if who == "etl" else "",
        )


def ratio(costs: Costs, one: tuple[str, str], other: tuple[str, str]) -> tuple[float, float]:
    """Wall time and peak memory of one step as multiples of another's, within each round."""
    pairs = list(zip(costs[one], costs[other], strict=True))
    return median(a.seconds / b.seconds for a, b in pairs), median(a.megabytes / b.megabytes for a, b in pairs)


def promise(case: Case, costs: Costs, step: str) -> str:
    """What was promised of a step of etl, and whether it was kept."""
    target = case.targets.get(step)
    if target is None or (target.of is not None and target.of not in costs):
        return ""
    if target.of is None:
        wall = median(cost.seconds for cost in costs["etl", step])
        return f"{target.wall:g} s: {'kept' if wall < target.wall else 'missed'}"
    wall, peak = ratio(costs, ("etl", step), target.of)
    kept = wall <= target.wall and (target.peak is None or peak <= target.peak)
    memory = f", {target.peak:g} x the memory ({peak:.2f})" if target.peak is not None else ""
    return f"{target.wall:g} x {', '.join(target.of)} ({wall:.2f}){memory}: {'kept' if kept else 'missed'}"


if __name__ == "__main__":
    main()

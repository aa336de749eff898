# ruff: noqa: T201  what is found is printed
"""Random lives in the long form: `python -m tests.laws.long --histories 10000 --seed 1 --processes 2`.

Ends with 1 where a life was not what the oracle says, and names its seed: `--life SEED` lives that one again.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

SHOWN = 5
EVERY_SECONDS = 30


@cache
def quicken() -> None:
    """Leave out what takes time and what a life does not show.

    DuckDB looks for pandas at every bound value where it is not installed, and a thread of its own for statements is
    for who presses Ctrl-C. `tests/laws/test_lives.py` lives with both.
    """
    from etl.warehouse.interrupt import Worker  # noqa: PLC0415  as below

    if find_spec("pandas") is None:
        sys.modules["pandas"] = None  # type: ignore[assignment]  # how Python is told that there is none
    Worker.do = lambda _self, work: work()  # type: ignore[method-assign]


def one(seed: str) -> tuple[str, int, str | None]:
    """Live one life: its seed, its loads, and what was wrong."""
    from laws.live import live  # noqa: PLC0415  after the path is set, also in a new process

    quicken()
    try:
        return seed, live(seed), None
    except Exception as error:  # noqa: BLE001  what went wrong is what is looked for
        return seed, 0, "".join(traceback.format_exception(error))


def lives(seeds: list[str], processes: int) -> Iterator[tuple[str, int, str | None]]:
    """Live lives, side by side."""
    if processes == 1:
        yield from map(one, seeds)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(one, seeds, chunksize=4)


def main() -> int:
    """Live as many as are asked for, and tell what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--begin", type=int, default=0, help="go on where an earlier run of this seed came to")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--life", default=None)
    asked = parser.parse_args()
    seeds = [asked.life] if asked.life else [f"{asked.seed}/{number}" for number in range(asked.begin, asked.histories)]
    began = told = time.monotonic()
    loads, wrong = 0, []
    for number, (seed, came, error) in enumerate(lives(seeds, 1 if asked.life else asked.processes), start=1):
        loads += came
        if error is not None:
            wrong.append(seed)
            if len(wrong) <= SHOWN:
                print(f"--- life {seed}\n{error}", flush=True)
        if time.monotonic() - told > EVERY_SECONDS:
            told = time.monotonic()
            pace = number / (told - began) * 60
            print(f"{number} of {len(seeds)}, {len(wrong)} wrong, {pace:.0f} a minute", flush=True)
    seconds = time.monotonic() - began
    print(f"{len(seeds)} histories, {loads} loads in {seconds:.0f} s ({len(seeds) / seconds * 60:.0f} a minute): "
          f"{len(wrong)} wrong{': ' + ', '.join(wrong[:20]) if wrong else ''}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

# ruff: noqa: T201  what is found is printed
"""Faults in the long form: `python -m tests.faults.long --kills 300 --disks 60 --interrupts 20 --seed 1`."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults.bench import Bench, Zygote, fill_disk, kill, starve
from faults.cases import CASES


def main() -> int:
    """Strike as often as is asked for, case by case, and tell what stood."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, often in (("kills", 300), ("disks", 60), ("interrupts", 20), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=often)
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), metavar=("PART", "OF"),
                        help="only every OF-th command, from the PART-th on: for several processes beside each other")
    asked = parser.parse_args()
    rng = Random(asked.seed)  # noqa: S311  faults are to be drawn again, not to be secret
    strikes: dict[str, tuple[int, Callable[[Bench], str | None]]] = {
        "SIGKILL": (asked.kills, lambda bench: kill(bench, rng)),
        "file size": (asked.disks // 2, lambda bench: starve(bench, rng)),
        "full disk": (asked.disks - asked.disks // 2, lambda bench: fill_disk(bench, rng)),
        "SIGINT": (asked.interrupts, lambda bench: kill(bench, rng, signal.SIGINT)),
        "SIGTERM": (asked.interrupts, lambda bench: kill(bench, rng, signal.SIGTERM)),
    }
    zygote, wrong, stood = Zygote(), 0, Counter[str]()
    began = time.monotonic()
    for place, name in list(enumerate(CASES))[asked.part[0]::asked.part[1]]:
        with tempfile.TemporaryDirectory() as home:
            bench = Bench(Path(home), name, zygote)
            for fault, (often, strike) in strikes.items():
                for _ in range(often // len(CASES) + (place < often % len(CASES))):
                    try:
                        stood[f"{fault}: {strike(bench)}"] += 1
                    except Exception as error:  # noqa: BLE001  what went wrong is what is looked for
                        wrong += 1
                        print(f"--- {name}, {fault}\n{''.join(traceback.format_exception(error)[-4:])}", flush=True)
        print(f"{name}: {bench.steps} steps, files up to {bench.largest:,} bytes; "
              f"{time.monotonic() - began:.0f} s, {wrong} wrong", flush=True)
    zygote.close()
    print(f"{sum(stood.values()) + wrong} faults in {time.monotonic() - began:.0f} s, {wrong} wrong; what stood:")
    print("\n".join(f"  {number:4} {what}" for what, number in sorted(stood.items())))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

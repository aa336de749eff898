# ruff: noqa: T201  what is found is printed
"""Damage in the long form: `python -m tests.formats.long --damages 3000 --seed 1`.

Ends with 1 where a law did not hold, and keeps the damaged file: `--keep FOLDER` says where.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults.bench import Zygote

from formats.damaged import FORMS, Yard

A_TABLE = 5  # damages of one table


def main() -> int:
    """Damage as often as is asked for, form by form, and tell what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--damages", type=int, default=1000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--form", choices=sorted(FORMS), action="append")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    forms = asked.form or list(FORMS)
    zygote, stood, wrong, began = Zygote(), Counter[str](), 0, time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        yard = Yard(Path(home), zygote)
        for number in range(-(-asked.damages // (A_TABLE * len(forms)))):
            for name in forms:
                try:
                    for came, often in yard.damage(name, f"{asked.seed}/{number}", A_TABLE).items():
                        stood[f"{name}: {came}"] += often
                except Exception as error:  # noqa: BLE001  what went wrong is what is looked for
                    wrong += 1
                    kept = asked.keep / f"{asked.seed}-{number}-{FORMS[name].name}"
                    kept.write_bytes(yard.kept)
                    print(f"--- {name} {asked.seed}/{number}, kept as {kept}\n"
                          f"{''.join(traceback.format_exception(error)[-2:])}", flush=True)
            print(f"{sum(stood.values())} damages in {time.monotonic() - began:.0f} s, {wrong} wrong", flush=True)
    zygote.close()
    print("\n".join(f"  {number:5} {what}" for what, number in sorted(stood.items())))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

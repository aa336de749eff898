"""pandas: all in memory, nothing kept but the JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

folder, output = map(Path, sys.argv[1:])
files = sorted(folder.glob("*.csv"))

orders = (
    pd.concat((pd.read_csv(file, engine="pyarrow", dtype={"o_orderdate": "str"}) for file in files), ignore_index=True)
    .drop_duplicates("o_orderkey", keep="last")
    .sort_values("o_orderkey")
)
orders.to_json(output, orient="records", lines=True)

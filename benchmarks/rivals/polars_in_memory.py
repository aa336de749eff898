"""polars: all in memory, nothing kept but the JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

folder, output = map(Path, sys.argv[1:])
files = sorted(folder.glob("*.csv"))

orders = (
    pl.scan_csv(files, try_parse_dates=True)
    .unique("o_orderkey", keep="last", maintain_order=True)
    .sort("o_orderkey")
    .collect()
)
orders.write_ndjson(output)

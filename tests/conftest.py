"""Where the packages of the tests are found, and how long hypothesis looks.

`ETL_EXAMPLES=10000 pytest tests/laws` looks for as long as that takes. Every run looks elsewhere; the gate (`.ci/run`
sets CI) looks at the same examples for the same tree, so that its answer is one.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from etl.cli.lean import without_pandas

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)

if find_spec("pandas") is None:  # DuckDB searches for it with each bound value: a fourteenth of the time of a load
    without_pandas()

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))

pytest.register_assert_rewrite("laws.laws")

EXAMPLES = 12

settings.register_profile(
    "etl",
    max_examples=int(os.environ.get("ETL_EXAMPLES", EXAMPLES)),
    deadline=None,
    derandomize="CI" in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.load_profile("etl")

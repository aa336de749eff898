"""A load as one page: what was loaded, what became of each record, and why; with charts and without network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from etl.extras import need
from etl.report.facts import facts_of
from etl.report.promise import compared


def report(warehouse: Path, load_id: int | None, lock_timeout: float, promise: Mapping[str, Any] | None = None) -> str:
    """The page of a load.

    The same warehouse and load give the same page, byte for byte.

    Args:
        load_id: None is the newest load.
        promise: What a saved plan promised, to stand beside the outcome.

    Returns:
        HTML that stands for itself: styles and pictures are in it, and it has no script.

    Raises:
        ExtraMissing: What draws and writes the page is not installed.
        UsageError: There is no such load, or the plan is of another table.
    """
    need("The report", "report", "jinja2", "matplotlib")
    found = facts_of(warehouse, load_id, lock_timeout)
    from etl.report.page import page  # noqa: PLC0415  brings matplotlib, an optional part that takes half a second

    return page(found, () if promise is None else compared(found, promise))


__all__ = ["report"]

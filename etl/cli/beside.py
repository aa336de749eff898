"""What a command writes beside its load is held apart from the warehouse, its outputs and its sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from etl.config import Dataset, Settings
from etl.errors import UsageError

IN_SCRIPT = ("manifest.json", "target.json", "inputs/s.parquet")  # of what `--emit-sql` writes, what sources may be


def hold_apart(
    places: Mapping[str, Path | None], warehouse: Path, settings: Settings, dataset: Dataset | None = None, *,
    fresh: bool = False, script: Path | None = None,
) -> None:
    """Refuse a place where something would be lost, or loaded by the next run; before anything is done.

    Args:
        places: By what is written, like `log`, where to; None is nowhere.
        dataset: What a run states; `fresh` says that it is all that its sources are.
        script: The folder of `--emit-sql`.

    Raises:
        UsageError: Something would be written over the warehouse, an output, a source or an etl.toml, or among the
            sources.
    """
    stated = {what: path for what, path in places.items() if path is not None}
    for what, path in stated.items():
        if path.suffix.lower() == ".toml" and path.exists():
            raise UsageError(f"The {what} {path} would take the place of a file of settings. Write it elsewhere.")
    if not stated and script is None:
        return
    from etl.load import Written, check_written  # noqa: PLC0415, brings DuckDB, which `--help` does not need

    found = [Written(what, path) for what, path in stated.items()]
    if script is not None:
        found.append(Written("script", script, IN_SCRIPT))
    check_written(found, warehouse, settings, dataset, fresh=fresh)

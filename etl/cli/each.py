"""`--config`: the datasets of an `etl.toml`, one after the other, each with its own outcome."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from etl.cli.configured import TOP, Config, Entry, options_of, read_config
from etl.cli.options import path_of, warehouse_of
from etl.cli.printable import printable
from etl.cli.streams import say, tell
from etl.errors import EtlError, UsageError
from etl.result import Load

BESIDE = (*TOP[1:], "config", "sources", "progress", "log_format", "log_file", "quiet", "as_json", "move_root")
BADNESS = (0, 3, 1, 2)  # exit codes, the worst last

Loader = Callable[..., Load]


def run_configured(context: click.Context, load: Loader, *, planned: bool) -> None:
    """Run, or plan, the datasets that are named, or all; one that fails does not keep the others from being run.

    Args:
        load: Runs one dataset and shows what it came to.

    Raises:
        UsageError: Before anything is run: the file is wrong, or an option stands beside it that is its own to state.
        click.exceptions.Exit: With the worst exit code, where one is not 0.
    """
    given = {str(param.name): param for param in context.command.params
             if context.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE}
    for name, param in given.items():
        if name not in BESIDE:
            raise UsageError(f"{param.opts[0]} cannot be given beside --config: what a dataset is stands in the file "
                             "alone.")
    config = read_config(Path(context.params["config"]), options_of(context.command))
    _hold_apart(config)
    entries = config.chosen(context.params["sources"])
    stated = {name: path_of(context.params[name]) if name == "temp_dir" else context.params[name]
              for name in TOP[1:] if name in given}
    codes: dict[str, int] = {}
    for entry in entries:
        name = str(entry.dataset.table)
        try:
            codes[name] = _one(context.params, config, entry, stated, load, planned=planned, alone=len(entries) == 1)
        except BaseException:  # an interrupt will say that everything is as it was: so it is, of this dataset alone
            if codes and not planned:
                tell(f"{printable(', '.join(codes))} had ended before, and stay as said above; what follows is of "
                     f"{printable(name)} alone.")
            raise
    worst = max(codes.values(), key=BADNESS.index)
    if worst:
        raise click.exceptions.Exit(worst)


def _one(
    params: dict[str, Any], config: Config, entry: Entry, stated: dict[str, Any], load: Loader, *, planned: bool,
    alone: bool,
) -> int:
    """The exit code of one dataset, after everything is said of it."""
    dataset, settings = entry.dataset, config.settings(entry, stated)
    if params["move_root"]:
        dataset = replace(dataset, move_root=True)
    warehouse = None if config.warehouse is None else str(config.warehouse)
    if not (alone or params["quiet"]):
        heading = f"[dataset.{printable(str(dataset.table))}]"
        if planned and not params["as_json"]:
            say([heading])
        else:
            tell(heading)
    try:
        load(params | {"warehouse": warehouse}, dataset, settings, None, planned=planned)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except EtlError as error:
        tell(f"Error: {printable(str(error))}", "red")
        return error.exit_code
    return 0


def _hold_apart(config: Config) -> None:
    """No two datasets write one output, and no two fresh ones one warehouse.

    Raises:
        UsageError: Naming the file and both.
    """
    taken: dict[str, str] = {}
    for name, entry in config.entries.items():
        output = entry.dataset.output
        places = [] if output is None else [output]
        if config.warehouse is None:
            places.append(warehouse_of(entry.dataset, None))
        for place in map(os.path.realpath, places):
            if place in taken:
                raise UsageError(f"{config.path}, [dataset.{name}]: output would write {place}, and so would "
                                 f"[dataset.{taken[place]}]. Give each an output of its own.")
            taken[place] = name

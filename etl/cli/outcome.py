"""What is shown of a load, a plan or a failure: on which stream, and in which words."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import click

from etl.cli.encode import json_object, json_of
from etl.cli.log import logged
from etl.cli.printable import printable
from etl.cli.progress import shown
from etl.cli.streams import emit, say, tell, width
from etl.cli.summary import closing_line, plan_line, problem_lines, rejects_command, summary
from etl.errors import EtlError, ExportPending, LoadFailed, StorageError, UsageError, count, fault
from etl.result import Load, Report


def outcome(
    carried: Callable[[Report], Load], stated: Mapping[str, Any], warehouse: str, *, planned: bool,
    to_output: bool = False,
) -> Load:
    """Carry a load out under the eyes of a person, and show what it came to.

    Args:
        stated: The options of the command: those of what is shown and logged among them.
        to_output: Standard output is taken by the export.
    """
    load = None
    with logged(stated) as log:
        try:
            log.started(warehouse, planned=planned)
            with shown("none" if stated["quiet"] or log.alone else stated["progress"]) as report:
                load = carried(log.watching(report))
            log.finished(load)
            _show(load, stated, alone=log.alone, planned=planned, to_output=to_output)
        except (Exception, KeyboardInterrupt) as raised:  # noqa: BLE001  it is raised again
            error = raised if load is None or planned else _after_commit(raised)
            log.failed(error, loaded=load is not None)
            if not isinstance(error, KeyboardInterrupt) or load is None or planned:
                _ended(error, stated, warehouse, alone=log.alone)
                raise error from (raised.__cause__ if error is raised else raised)
            if not log.alone:
                tell("Interrupted after the commit: the load stays.")
    return load


def _after_commit(error: BaseException) -> BaseException:
    """The same error; one that nobody foresaw as what it is once the load is committed."""
    if isinstance(error, EtlError | BrokenPipeError | KeyboardInterrupt):
        return error
    pending = ExportPending(f"The load is committed. {fault(error)}")
    pending.__cause__ = error
    return pending


def _ended(error: BaseException, stated: Mapping[str, Any], warehouse: str, *, alone: bool) -> None:
    """Say what is to be said of an error here, and leave where nothing is left to be said."""
    if isinstance(error, EtlError) and not alone:
        for note in getattr(error, "__notes__", ()):  # what else went wrong
            tell(printable(note), "yellow")
    if isinstance(error, EtlError) and not isinstance(error, UsageError):
        _failed(error, stated, warehouse, alone=alone)
    if isinstance(error, EtlError) and alone:
        raise click.exceptions.Exit(error.exit_code)


def _show(load: Load, stated: Mapping[str, Any], *, alone: bool, planned: bool, to_output: bool) -> None:
    """The summary and the closing line; of a plan both are the result, so both are on standard output."""
    as_json = stated["as_json"]
    try:
        if planned and not as_json:
            say([plan_line(load), *([] if stated["quiet"] else summary(load, width(sys.stdout)))])
        elif not (stated["quiet"] or alone):
            tell("\n".join(summary(load, width(sys.stderr))))
        if not (stated["quiet"] or alone):
            _tell_warnings(load)
        if as_json:
            emit([json_of(load)])
        elif not (planned or to_output):
            say([closing_line(load)])
        elif not planned and not alone:
            tell(closing_line(load))
    except StorageError as error:
        if planned:
            raise
        raise ExportPending(f"The load is committed. {error}") from error


def _tell_warnings(load: Load) -> None:
    if load.warnings:
        tell(f"{count(len(load.warnings), 'warning')}:", "yellow")
        for line in problem_lines(load.warnings, "; --json lists them all"):
            tell(line, "yellow")


def _failed(error: EtlError, stated: Mapping[str, Any], warehouse: str, *, alone: bool) -> None:
    """Say what a failed load is alone in having: its problems, and its JSON document."""
    if stated["as_json"]:
        with contextlib.suppress(BrokenPipeError, StorageError):
            emit([_document(error)])
    if alone:
        return
    if isinstance(error, ExportPending) and error.load is not None and not stated["quiet"]:
        tell("\n".join(summary(error.load, width(sys.stderr))))
        _tell_warnings(error.load)
    if isinstance(error, LoadFailed):
        tell(f"Error: {printable(str(error))}", "red")
        where_all = "; --json lists them all"
        if error.load_id is not None:
            where_all = ": " + rejects_command(error.load_id, warehouse)
        for line in problem_lines(error.problems, where_all):
            tell(line)
        tell("The target is as it was.")
        raise click.exceptions.Exit(error.exit_code)


def _document(error: EtlError) -> str:
    """The JSON document of a load that failed, or whose output is still pending."""
    load_id, problems = (error.load_id, error.problems) if isinstance(error, LoadFailed) else (None, ())
    load = error.load if isinstance(error, ExportPending) else None
    if load is not None:
        return json_of({**{field.name: getattr(load, field.name) for field in fields(load)},
                        "status": "output pending", "error": type(error).__name__, "message": str(error)})
    return json_object({
        "status": "output pending" if isinstance(error, ExportPending) else "failed",
        "error": type(error).__name__,
        "message": str(error),
        "load_id": load_id,
        "problems": problems,
    }.items())

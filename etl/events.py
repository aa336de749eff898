"""OpenLineage events of a load: that it began, and what it came to, for who watches data across tools.

They are sent by the official client, to where its own settings say (`OPENLINEAGE_URL`, `OPENLINEAGE_CONFIG`,
`OPENLINEAGE__TRANSPORT__...`, or an `openlineage.yml`); without a setting nothing is imported and nothing sent. They
go out from a thread of their own and never decide over a load: what could not be sent is a warning.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec

from etl.errors import EtlError, Problem, shorten
from etl.extras import need
from etl.result import Load
from etl.version import VERSION

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, OutputDataset, RunEvent

P = ParamSpec("P")
State = Literal["START", "COMPLETE", "FAIL", "ABORT"]
SETTINGS = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "OPENLINEAGE__TRANSPORT")
FILE = "openlineage.yml"
MOST_INPUTS = 1000  # of one event; past that the source folder stands for its files
PATIENCE = 20.0  # seconds that a load waits at its end, committed and closed, for its events to be sent
PRODUCER = "https://pypi.org/project/etl"


@dataclass(frozen=True, slots=True)
class Job:
    """What is loaded: a table of a warehouse from below a folder, and its output where it has one."""

    table: str
    warehouse: Path
    root: Path
    output: Path | None


def configured() -> bool:
    """Whether anybody wants events."""
    if os.environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return False
    return (any(name.startswith(SETTINGS) for name in os.environ)
            or Path(FILE).is_file() or Path("~/.openlineage", FILE).expanduser().is_file())


def announced(function: Callable[P, Load]) -> Callable[P, Load]:
    """A function that loads, with events around it: what it calls says by `begin` what is loaded, and the rest follows.

    The last event leaves when the function has returned or raised: the load is committed and the warehouse closed.
    """
    @wraps(function)
    def announcing(*args: P.args, **named: P.kwargs) -> Load:
        if named.get("plan") or not configured():
            return function(*args, **named)
        announcer = _Announcer()
        token = _CURRENT.set(announcer)
        try:
            load = function(*args, **named)
        except BaseException as error:
            announcer.fail(error)
            raise
        finally:
            _CURRENT.reset(token)
        return announcer.complete(load)

    return announcing


def begin(job: Job) -> None:
    """Say that a load begins, where anybody wants to know; does not wait until it is sent."""
    announcer = _CURRENT.get()
    if announcer is not None:
        announcer.begin(job)


class _Announcer:
    """The events of one load; none before `begin`."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._job: Job | None = None
        self._run = ""
        self._trouble: str | None = None
        self._thread: threading.Thread | None = None

    def begin(self, job: Job) -> None:
        """The first event."""
        self._job = job
        self._send("START", None, None)

    def complete(self, load: Load) -> Load:
        """The last event of a load that is done.

        Returns:
            The load, with a warning where an event could not be sent.
        """
        if self._job is None:
            return load
        trouble = self._end("COMPLETE", load, None)
        return load if trouble is None else replace(load, warnings=(*load.warnings, trouble))

    def fail(self, error: BaseException) -> None:
        """The last event of a load that failed or was interrupted; what could not be sent is a note of the error."""
        if self._job is None:
            return
        trouble = self._end("FAIL" if isinstance(error, Exception) else "ABORT", None, str(error) or "interrupted")
        if trouble is not None:
            error.add_note(str(trouble))

    def _end(self, state: State, load: Load | None, message: str | None) -> Problem | None:
        thread = self._send(state, load, message)
        try:
            thread.join(PATIENCE)
            if thread.is_alive():
                self._trouble = f"it was not taken within {PATIENCE:g} s"
        except KeyboardInterrupt:  # the load has ended, and stays as it ended
            self._trouble = "it was interrupted"
        if self._trouble is None:
            return None
        return Problem("event_not_sent", f"the OpenLineage event could not be sent: {self._trouble}",
                       advice="The load is not concerned")

    def _send(self, state: State, load: Load | None, message: str | None) -> threading.Thread:
        """Send an event after those before it, in a thread that does not keep the program from ending."""
        before, now, job = self._thread, datetime.now(UTC).isoformat(), self._job

        def send() -> None:
            if before is not None:
                before.join()
            if self._trouble is not None or job is None:  # who did not take the first event is not asked again
                return
            try:
                self._run = _emit(self._run, job, now, state, load, message)
            except Exception as error:  # noqa: BLE001, whatever a client or its settings raise, the load goes on
                said = error if isinstance(error, EtlError) else f"{type(error).__name__}: {error}"
                self._trouble = shorten(str(said), 300)[1:-1]

        self._thread = threading.Thread(target=send, name="etl-events", daemon=True)
        self._thread.start()
        return self._thread


_CURRENT: ContextVar[_Announcer | None] = ContextVar("announcer", default=None)


class _Errors(logging.Handler):
    """Keeps what the client only logs, as it does of one of several transports."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.said.append(record.getMessage())


def _emit(run: str, job: Job, at: str, state: State, load: Load | None, message: str | None) -> str:
    """Send one event.

    Returns:
        The id of the run: the one given, or a new one.

    Raises:
        ExtraMissing: The client is not installed.
        Exception: Whatever the client raises.
    """
    need("OpenLineage is configured and the event", "openlineage", "openlineage")
    from openlineage.client import OpenLineageClient  # noqa: PLC0415  an optional part, and a second to import
    from openlineage.client.uuid import generate_new_uuid  # noqa: PLC0415  likewise

    run = run or str(generate_new_uuid())
    errors, logger = _Errors(), logging.getLogger("openlineage")
    logger.addHandler(errors)
    try:
        client = OpenLineageClient()
        client.emit(_event(run, job, at, state, load, message))
        client.close()
    finally:
        logger.removeHandler(errors)
    if errors.said:
        raise EtlError(errors.said[0])
    return run


def _event(run: str, job: Job, at: str, state: State, load: Load | None, message: str | None) -> RunEvent:
    from openlineage.client import event_v2, facet_v2  # noqa: PLC0415  likewise

    facets: dict[str, Any] = {"processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet(
        version=VERSION, name="etl")}
    if message is not None:
        facets["errorMessage"] = facet_v2.error_message_run.ErrorMessageRunFacet(
            message=message, programmingLanguage="PYTHON")
    kind = facet_v2.job_type_job.JobTypeJobFacet(processingType="BATCH", integration="ETL", jobType="LOAD")
    return event_v2.RunEvent(
        eventType=event_v2.RunState[state], eventTime=at, producer=PRODUCER,
        run=event_v2.Run(runId=run, facets=facets),
        job=event_v2.Job(namespace=os.environ.get("OPENLINEAGE_NAMESPACE", "default"), name=f"etl.{job.table}",
                         facets={"jobType": kind}),
        inputs=[] if load is None else _inputs(job, load), outputs=_outputs(job, load))


def _inputs(job: Job, load: Load) -> list[InputDataset]:
    """The files that the load read, each with its records; or their folder, where they are very many."""
    from openlineage.client import event_v2  # noqa: PLC0415  likewise
    from openlineage.client.facet_v2 import input_statistics_input_dataset as statistics  # noqa: PLC0415  likewise

    def dataset(name: str, records: int, files: int) -> InputDataset:
        counts = statistics.InputStatisticsInputDatasetFacet(rowCount=records, fileCount=files)
        return event_v2.InputDataset(namespace="file", name=name, inputFacets={"inputStatistics": counts})

    if len(load.files) > MOST_INPUTS:
        return [dataset(job.root.as_posix(), sum(file.read for file in load.files), len(load.files))]
    return [dataset((job.root / file.path).as_posix(), file.read, 1) for file in load.files]


def _outputs(job: Job, load: Load | None) -> list[OutputDataset]:
    """The target with its columns and the records that it has, and the file that it is exported to."""
    from openlineage.client import event_v2  # noqa: PLC0415  likewise
    from openlineage.client.facet_v2 import (  # noqa: PLC0415  likewise
        dataset_version_dataset,
        output_statistics_output_dataset,
        schema_dataset,
    )

    places = [(f"duckdb://{job.warehouse.absolute().as_posix()}", f"main.{job.table}")]
    if job.output is not None:
        places.append(("file", job.output.absolute().as_posix()))
    facets: dict[str, Any] = {}
    counts: dict[str, Any] = {}
    if load is not None:
        facets["schema"] = schema_dataset.SchemaDatasetFacet(fields=[
            schema_dataset.SchemaDatasetFacetFields(name=column.name, type=column.type, description=column.reason,
                                                    ordinal_position=place)
            for place, column in enumerate(load.columns, start=1)])
        counts["outputStatistics"] = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=load.records)
        if load.load_id is not None:
            facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=str(load.load_id))
    return [event_v2.OutputDataset(namespace=space, name=name, facets=facets, outputFacets=counts)
            for space, name in places]

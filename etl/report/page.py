"""The page: facts and charts put into `page.html`.

Everything from files goes through the template engine's escaping; the only text that does not is our own style sheet.
A policy in the page closes scripts and the network, so that even a mistake here could run and fetch nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from etl.report import words
from etl.report.charts import COLOURS, books_chart, history_chart, reasons_chart
from etl.report.facts import CONFLICTS, Facts, FileRow
from etl.report.promise import Promised
from etl.version import VERSION

HERE = Path(__file__).parent
ALWAYS = ("read", "rejected", "inserted")
OFTEN = ("updated", "unchanged", "duplicate", "superseded")
LINES = ("lines", "header", "skipped", "blank", "continuation")
LEFT = 50  # paths that are named
SHORTEST = 2  # bars or columns that make a chart worth its room


def page(facts: Facts, promised: Sequence[Promised] = ()) -> str:
    """The page of a load, as HTML; `promised` is what a plan said of it, where there is one."""
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"shown": words.shown, "size": words.size}
    environment.globals |= {"counted": words.counted, "why": words.why, "severities": words.SEVERITIES,
                            "most_conflicts": CONFLICTS, "most_left": LEFT, "version": VERSION}
    total = _total(facts.files)
    reasons = [(reason.code.replace("_", " "), reason.records) for reason in facts.reasons
               if reason.severity == "reject"]
    return environment.get_template("page.html").render(
        facts=facts, promised=promised, total=total, colours=COLOURS,
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        verdicts=[*ALWAYS, *(word for word in OFTEN if getattr(total, word))],
        lines=[word for word in LINES if getattr(total, word) or word == "lines"],
        outcomes=[word for word in COLOURS if getattr(total, word)],
        changes=[] if facts.before is None else words.changes(facts.before, facts.definition),
        books=books_chart(facts.files) if total.read else None,
        past=history_chart(facts.history, facts.load_id) if len(facts.history) >= SHORTEST else None,
        rejects=reasons_chart(reasons) if len(reasons) >= SHORTEST else None,
    )


def _total(files: tuple[FileRow, ...]) -> FileRow:
    """The books of all files together."""
    numbers = [name for name in FileRow.__slots__ if name != "path"]
    return FileRow(None, **{name: sum(getattr(file, name) for file in files) for name in numbers})

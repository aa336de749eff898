"""The commands that write, each with the state that it begins in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RUN = ("run", "--source-dir", "in", "--warehouse", "out/w.duckdb", "--table", "t", "--strategy", "update",
       "--key", "id", "--output", "out/t.json", "--threads", "2")
FRESH = ("run", "--source-dir", "in", "--output", "out/f.json", "--table", "t", "--strategy", "update", "--key", "id")
OF = ("--warehouse", "out/w.duckdb")
SAVE = ("plan", *RUN[1:], "--save", "out/plan.json")
CHANGING = ("run", "apply", "unload", "reload", "rollback", "prune")


@dataclass(frozen=True)
class Case:
    """A command that writes.

    Args:
        before: Commands that make the state that it begins in; words with `=` write or take away a file.
        code: Of the command when nothing befalls it; `again`: what else it may be when it had ended already.
    """

    arguments: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    code: int = 0
    again: int = 0

    @property
    def changes(self) -> bool:
        """Whether it may change a warehouse; else not a byte of it."""
        return self.arguments[0] in CHANGING

    @property
    def run(self) -> tuple[str, ...]:
        """The plain run of its warehouse, which repairs what is recorded there."""
        return RUN if any("out/w.duckdb" in words for words in (self.arguments, *self.before)) else FRESH

    @property
    def warehouse(self) -> str:
        """Where its state stands."""
        return "out/w.duckdb" if self.run is RUN else "out/f.duckdb"

    @property
    def output(self) -> str:
        """Where its export stands."""
        return "out/t.json" if self.run is RUN else "out/f.json"


def rows(first: int, last: int, word: str) -> str:
    """A file: a record a number, with a quoted cell of two lines and one that the careful reader must see."""
    lines = [f'{number},{word}{number},"two\nlines {number}"' for number in range(first, last)]
    return "\n".join(["id,word,text", *lines, f'{last},{word} "odd" here,x\n'])


FILES = {"a": rows(0, 300, "a"), "b": rows(200, 500, "b"), "c": rows(450, 700, "c")}
CONTENTS = {**FILES, "bad": "word\nx\n"}
BASE = (("in/a.csv=a",), ("in/b.csv=b",), RUN, ("in/c.csv=c",), RUN)
MORE = (*BASE, ("in/d.csv=b",), ("in/b.csv=c",))
CASES: Mapping[str, Case] = {
    "first": Case(RUN, (("in/a.csv=a",), ("in/b.csv=b",))),
    "delta": Case(RUN, MORE),
    "redefined": Case((*RUN, "--strategy", "deduplicate", "--no-trim"), BASE),
    "unload": Case(("unload", "t", "b.csv", "c.csv", *OF), BASE, again=2),
    "reload": Case(("reload", "t", "c.csv", *OF), (*BASE, ("unload", "t", "c.csv", *OF)), again=2),
    "rollback": Case(("rollback", "2", *OF), BASE, again=2),
    "fresh": Case(FRESH, (("in/a.csv=a",), ("in/b.csv=b",), FRESH, ("in/c.csv=c",), ("in/a.csv=",))),
    "repair": Case(RUN, (*BASE, ("out/t.json=",))),
    "migrate": Case(RUN, (*BASE, ("in/d.csv=b",), ("downgrade",))),
    "failing": Case(RUN, (*BASE, ("in/bad.csv=bad",)), code=1),
    "apply": Case(("apply", "out/plan.json"), (*MORE, SAVE), again=1),
    "prune": Case(("prune", *OF), (*BASE, ("unload", "t", "b.csv", *OF))),
    "emit": Case((*RUN, "--emit-sql", "out/sql"), MORE, again=2),
    "save": Case(SAVE, MORE),
    "report": Case(("report", "--output", "out/report.html", *OF), BASE),
    "verify": Case(("verify", "--files", *OF), BASE),
}

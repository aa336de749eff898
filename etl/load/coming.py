"""Which file versions a try brings and which leave: what the files' headers say against the definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from etl.errors import Problem
from etl.ledger import read
from etl.load import check
from etl.load.task import Attempt
from etl.staging.part import Incoming


@dataclass(frozen=True, slots=True)
class Coming:
    """The file versions of this try, and what speaks against the others."""

    files: tuple[Incoming, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    skipped: Mapping[str, tuple[Problem, ...]]

    @property
    def paths(self) -> set[str]:
        """Of the files."""
        return {item.scan.file.path for item in self.files}

    @property
    def left_out(self) -> tuple[Problem, ...]:
        """What speaks against the files that are left out."""
        return tuple(problem for problems in self.skipped.values() for problem in problems)


def coming(task: Attempt) -> Coming:
    """Decide by their headers which new and changed files are staged.

    Raises:
        LoadFailed: Under `skip_file`, a problem that is of no file.
    """
    wish, settings = task.known.request, task.settings
    problems: list[Problem] = list(task.found.problems)
    warnings = [Problem("unused", sentence) for sentence in wish.warnings]
    retract = None if wish.fresh else f"To take one of them out: etl unload {wish.name} FILE"
    warnings += [Problem("twin", f"the file has the same content as {other}; both are loaded", path, advice=retract)
                 for path, other in task.found.twins]
    files = []
    for scan in task.found.incoming:
        names = scan.names
        against = check.header_problems(scan, names, wish.definition)
        said = check.header_warnings(scan, names, wish.definition.names)
        warnings += said
        if settings.strict:
            against += [replace(warning, whole_file=True) for warning in said]
        problems += against
        judged = settings.on_error != "skip_file" and all(problem.code == "extra_column" for problem in against)
        if (not against or judged) and scan.file.path not in task.skipped:  # so that what misfits is listed as well
            files.append(Incoming(scan, names, scan.care is not None or scan.file.path in task.care))
    if settings.strict:
        problems += [replace(w, whole_file=True) for w in warnings if w.code in ("unused", "twin")]
    skipped = dict(task.skipped)
    if settings.on_error == "skip_file":
        for problem in problems:
            if problem.path is None:
                check.refuse((problem,), wish.name)
            skipped[str(problem.path)] = (*skipped.get(str(problem.path), ()), problem)
        problems = []
        files = [item for item in files if item.scan.file.path not in skipped]
    return Coming(tuple(files), tuple(problems), tuple(warnings), skipped)


def leaving(task: Attempt, files: Coming) -> list[read.LoadedFile]:
    """The loaded versions that go: of changed files, in a fresh run of files that are gone, and what is let go."""
    replaced = [task.loaded[path] for path in sorted(files.paths) if path in task.loaded]
    return [*replaced, *(task.found.gone if task.known.request.fresh else ()), *task.change.left]

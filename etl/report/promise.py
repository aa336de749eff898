"""What a saved plan promised, beside what the load came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from etl.errors import UsageError
from etl.report.facts import Facts
from etl.result import TargetBooks


@dataclass(frozen=True, slots=True)
class Promised:
    """One number of a plan, and of the load."""

    word: str
    planned: int
    outcome: int

    @property
    def kept(self) -> bool:
        """Whether they are equal."""
        return self.planned == self.outcome


def compared(facts: Facts, promise: Mapping[str, Any]) -> tuple[Promised, ...]:
    """The numbers of a plan beside those of a load.

    Args:
        promise: As a saved plan keeps it.

    Raises:
        UsageError: The plan is of another table, or its numbers are not there.
    """
    if promise.get("dataset") != facts.dataset:
        raise UsageError(f"The plan is of the table {promise.get('dataset')}, and load {facts.load_id} of "
                         f"{facts.dataset}. Name the load that applied it.")
    try:
        files, target = promise["files"], promise["target"]
        planned = {"files read": len(files), "read": sum(int(file["read"]) for file in files),
                   "rejected": sum(int(file["rejected"]) for file in files),
                   **{field.name: int(target[field.name]) for field in fields(TargetBooks)}}
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError("The plan does not have the numbers that it should promise. Plan again.") from error
    outcome = {"files read": sum(file.files for file in facts.files), "read": sum(file.read for file in facts.files),
               "rejected": sum(file.rejected for file in facts.files),
               **{field.name: getattr(facts.target, field.name) for field in fields(TargetBooks)}}
    return tuple(Promised(word, planned[word], outcome[word]) for word in outcome)

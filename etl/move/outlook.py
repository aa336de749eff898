"""What a plan tells beyond the books: which values change, and whose rows leave or come back.

Taken before the merge, from the verdicts that the merge is made of.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from etl.move.relations import Plan, n
from etl.names import Sql, listed
from etl.result import FileEffect, UpdatedColumn, ValueChange
from etl.sql_files import fill
from etl.warehouse import Warehouse

SAMPLES = 3
LONGEST = 200  # characters of a value in a sample


@dataclass(frozen=True, slots=True)
class Outlook:
    """The updated values by column, and the files whose rows leave or come back."""

    updates: tuple[UpdatedColumn, ...] = ()
    effects: tuple[FileEffect, ...] = ()


def outlook(warehouse: Warehouse, plan: Plan | None, changed: Sql | None, removed: Sql) -> Outlook:
    """Tell what a move does, before it does it.

    Args:
        changed: The updated rows with their new values n0 ... and their old ones m0 ...; None where there are none.
        removed: The version of each row of the target that leaves.
    """
    updates = () if plan is None or changed is None else _updates(warehouse, plan, changed)
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    verdicts = Sql("(SELECT _version, verdict FROM temp.verdict WHERE state <> 'new')") if plan is not None else Sql(
        "(SELECT 0 AS _version, '' AS verdict WHERE false)")
    for path, verdict, records in warehouse.sql(fill("effects", verdicts=verdicts, removed=removed)):
        counted[path][verdict] = int(records)
    effects = tuple(FileEffect(path, **{word: said.get(word, 0) for word in ("removed", "returned", "restored")})
                    for path, said in sorted(counted.items()))
    return Outlook(updates, effects)


def changed_values(plan: Plan, after: Sql, before: Sql, match: Sql) -> Sql:
    """The updated rows of a move, with their values before beside those after."""
    values = listed([*(Sql(f"c.{n(i)}") for i in plan.ordinals), *(Sql(f"b.{n(i)} AS m{i}") for i in plan.ordinals)])
    return Sql(f"(SELECT c._version, c._row, {values} FROM {after} AS c JOIN {before} AS b ON {match} "
               "SEMI JOIN (SELECT _version, _row FROM temp.verdict WHERE verdict = 'updated') AS u "
               "ON u._version = c._version AND u._row = c._row)")


def _updates(warehouse: Warehouse, plan: Plan, changed: Sql) -> tuple[UpdatedColumn, ...]:
    beside = [i for i in plan.ordinals if i not in plan.key]
    if not beside:
        return ()
    key = listed(Sql(f"CAST({n(i)} AS VARCHAR)") for i in plan.key)
    columns = Sql("[" + listed(_column(plan, i, key) for i in beside) + "]")
    rows = warehouse.sql(fill("updates", columns=columns, changed=changed), {"samples": SAMPLES})
    return tuple(
        UpdatedColumn(plan.structure.columns[place].shown, int(count),
                      tuple(ValueChange(tuple(s["key"]), s["before"], s["after"]) for s in samples))
        for place, count, samples in rows)


def _column(plan: Plan, ordinal: int, key: Sql) -> Sql:
    differs = plan.unlike(ordinal, n(ordinal), Sql(f"m{ordinal}"))
    before, after = (f"left(CAST({side} AS VARCHAR), {LONGEST})" for side in (f"m{ordinal}", n(ordinal)))
    sample = f"{{'key': [{key}], 'before': {before}, 'after': {after}}}"
    return Sql(f"{{'place': {ordinal}, 'records': count(*) FILTER ({differs}), "
               f"'samples': arg_min({sample}, [_version, _row], $samples) FILTER ({differs})}}")

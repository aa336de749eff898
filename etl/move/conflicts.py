"""Conflicts: keys that two files claim with different values.

Of a key, the row that wins is held against what each other file says of it: that file's own best row. A load meets
the rows that came with it and those that stood in the target before; conflicts among rows that were met earlier were
told of then. Only rows of contested keys are looked at.
"""

from __future__ import annotations

from etl.errors import LoadFailed
from etl.move.relations import Plan, n, position
from etl.names import Sql, listed, literal
from etl.result import Conflict, Conflicts, ConflictSample
from etl.sql_files import fill
from etl.warehouse import Warehouse

SAMPLES = 3
LONGEST = 200  # characters of a value in a sample
NONE = Conflicts(0, ())


def met_by_delta(warehouse: Warehouse, plan: Plan, before: Sql) -> Conflicts:
    """The conflicts of a load that adds to a target.

    Expects the temp tables `claim`, `best`, `verdict` and `scope`; `before` is the target as it is.
    """
    among = _contested(warehouse, plan, Sql("v.state IN ('new', 'back')"))
    with_target = warehouse.one(
        "SELECT count(*) FROM temp.verdict AS c JOIN temp.scope AS v ON v.version_id = c.met "
        "WHERE v.state = 'kept' AND c.verdict IN ('updated', 'restored', 'superseded')")
    if not among and not with_target:
        return NONE
    values = listed(n(i) for i in plan.ordinals)

    def standing(*verdicts: str) -> Sql:
        return Sql(f"SELECT b._version, b._row, v.rank AS _rank, {values} FROM {before} AS b "
                   "JOIN temp.scope AS v ON v.version_id = b._version "
                   f"SEMI JOIN (SELECT {plan.key_list} FROM temp.verdict "
                   f"WHERE verdict IN ({listed(map(literal, verdicts))})) "
                   f"USING ({plan.key_list})")

    winners = Sql(f"(SELECT _version, _row, _rank, {values} FROM temp.verdict WHERE verdict <> 'superseded' "
                  f"UNION ALL {standing('superseded')})")
    others = [Sql(f"SELECT _version, _row, _rank, {values} FROM temp.verdict WHERE verdict = 'superseded'"),
              Sql(f"SELECT * FROM ({standing('updated', 'restored')}) AS b "
                  "SEMI JOIN (SELECT version_id AS _version FROM temp.scope WHERE state = 'kept') USING (_version)")]
    if among:
        others.append(Sql(f"SELECT _version, _row, _rank, {values} FROM {plan.contested()}"))
    return _found(warehouse, plan, winners, Sql("(" + listed(others, " UNION ALL ") + ")"))


def met_by_rebuild(warehouse: Warehouse, plan: Plan, *, comparable: bool) -> Conflicts:
    """The conflicts of a load that builds its target anew: both rows of each are found in one pass over staging.

    Args:
        comparable: There is a target before (temp table `known`) whose rows can be met; else every row is.
    """
    met = Sql("(v.state IN ('new', 'back') "
              "OR (claim._version, claim._row) IN (SELECT (_version, _row) FROM temp.known))")
    if not _contested(warehouse, plan, met if comparable else Sql("true")):
        return NONE
    warehouse.sql(fill("contested_winners", key=plan.key_list))
    warehouse.sql(f"CREATE OR REPLACE TEMP TABLE contested_row AS SELECT * FROM {plan.contested()}")
    winners, others = (Sql(f"(FROM temp.contested_row WHERE {side})") for side in ("wins", "NOT wins"))
    return _found(warehouse, plan, winners, others)


def hold_to(most: int | None, conflicts: Conflicts, table: str) -> None:
    """Fail the load where more keys are in conflict than `--max-conflicts` lets pass."""
    if most is not None and conflicts.keys > most:
        first = conflicts.found[0]
        raise LoadFailed(
            f"{table} was not loaded: {conflicts.keys:,} {'key is' if conflicts.keys == 1 else 'keys are'} claimed by "
            f"two files with different values, more than --max-conflicts {most} lets pass, first in "
            f"{first.column} of {first.path} and {first.other}.",
            tuple(problem for found in conflicts.found for problem in found.problems()))


def _contested(warehouse: Warehouse, plan: Plan, met: Sql) -> int:
    """Temp table `contested`, and how many rows it has."""
    if plan.definition.order_by is None:  # of one file the row alone decides, and no sort is needed
        best = Sql(f"{'max' if plan.definition.strategy == 'update' else 'min'}(claim._row)")
    else:
        best = Sql(f"first(claim._row ORDER BY {position(plan.definition, Sql('order_value'))})")
    warehouse.sql(fill("contested", key=plan.key_list, best_row=best, met=met))
    return warehouse.count(Sql("temp.contested"))


def _found(warehouse: Warehouse, plan: Plan, winners: Sql, others: Sql) -> Conflicts:
    beside = [i for i in plan.ordinals if i not in plan.key]
    values = [Sql(f"w.{n(i)}") for i in plan.ordinals] + [Sql(f"o.{n(i)} AS m{i}") for i in beside]
    warehouse.sql(fill("conflicts", winners=winners, others=others, match=plan.matches("w", "o"),
                       values=listed(values), differs=plan.differs("w", "o")))
    keys = int(warehouse.one("SELECT count(DISTINCT (_version, _row)) FROM temp.disputed"))
    if not keys:
        return NONE
    key = listed(Sql(f"CAST({n(i)} AS VARCHAR)") for i in plan.key)
    rows = warehouse.sql(
        fill("conflict_counts", columns=Sql("[" + listed(_column(plan, i, key) for i in beside) + "]")),
        {"samples": SAMPLES})
    return Conflicts(keys, tuple(
        Conflict(path, other, plan.structure.columns[place].shown, int(count),
                 tuple(ConflictSample(tuple(s["key"]), s["value"], s["other"]) for s in samples))
        for path, other, place, count, samples in rows))


def _column(plan: Plan, ordinal: int, key: Sql) -> Sql:
    differs = plan.unlike(ordinal, n(ordinal), Sql(f"m{ordinal}"))
    value, other = (f"left(CAST({side} AS VARCHAR), {LONGEST})" for side in (n(ordinal), f"m{ordinal}"))
    sample = f"{{'key': [{key}], 'value': {value}, 'other': {other}}}"
    return Sql(f"{{'place': {ordinal}, 'keys': count(*) FILTER ({differs}), "
               f"'samples': arg_min({sample}, _row, $samples) FILTER ({differs})}}")

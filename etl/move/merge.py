"""From the winners to the target: as a delta where the structure stands, as a rebuild where it does not."""

from __future__ import annotations

import json
from dataclasses import dataclass

from etl.config import Definition
from etl.move.conflicts import NONE, hold_to, met_by_delta, met_by_rebuild
from etl.move.outlook import Outlook, changed_values, outlook
from etl.move.relations import COMING, KEPT, LOADED, Plan, Present, n, present
from etl.names import Sql, identifier, listed
from etl.result import Conflicts
from etl.sql_files import fill
from etl.structure.derive import Structure
from etl.structure.kinds import LIKE_OTHERS
from etl.structure.measure import located
from etl.structure.places import places_of
from etl.warehouse import Warehouse, staging, target
from etl.warehouse.slices import sliced

NOTHING = Outlook()
_SHORT, _LONGER = "INTERVAL '1 microsecond'", "INTERVAL '2 microseconds'"  # one of them differs from any interval


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did to the target, in records. The tally per version is in temp table `tally`."""

    before: int
    after: int
    returned: int
    removed: int
    restored: int
    rebuilt: bool
    conflicts: Conflicts = NONE
    outlook: Outlook = NOTHING


@dataclass(frozen=True, slots=True)
class Watch:
    """What a move looks at before it merges.

    Args:
        most_conflicts: How many keys two files may claim with different values; None is no bound.
        ahead: Tell which values change, and whose rows leave or come back: for a plan.
    """

    most_conflicts: int | None = None
    ahead: bool = False


UNWATCHED = Watch()


def move(
    warehouse: Warehouse, table: str, structure: Structure, before: Definition | None, after: Definition,
    watch: Watch = UNWATCHED,
) -> Moved:
    """Bring the target from the state before to the loaded versions of temp table `scope`.

    Args:
        before: The definition under which the target stands; None where there is none.
        after: The definition of now.
        watch: What is looked at before the merge.

    Raises:
        LoadFailed: There are more conflicts than that.
    """
    plan = Plan(table, after, structure, {name: sliced(warehouse, staging(name)) for name in structure.places})
    old = present(warehouse, table)
    records = warehouse.count(target(table)) if old is not None else 0
    if old is not None and before is not None and before == after and _fits(plan, old):
        _new_columns(warehouse, plan, old)
        delta = _keyed_delta if after.keyed else _append_delta
        return delta(warehouse, plan, old, records, watch)
    return _rebuild(warehouse, plan, old, before, records, watch)


def rebuilt_name(table: str) -> str:
    """What a target is called while it is rebuilt beside the one that stands."""
    return table + " as it will be"


def _fits(plan: Plan, old: Present) -> bool:
    """Whether the target can be kept: no column left, changed its type or its spelling."""
    now = {column.name: column for column in plan.structure.columns}
    return all(name in now and now[name].type == kind and now[name].shown == old.shown[name]
               for name, kind in old.types.items())


def _new_columns(warehouse: Warehouse, plan: Plan, old: Present) -> None:
    for column in plan.structure.columns:
        if column.name not in old.types:
            warehouse.sql(f"ALTER TABLE {target(plan.table)} ADD COLUMN {identifier(column.shown)} {column.type}")


def _staging_tables(warehouse: Warehouse, condition: str) -> list[str]:
    return [str(row[0]) for row in warehouse.sql(
        f"SELECT DISTINCT staging FROM temp.scope WHERE staging <> '' AND {condition}")]


def _with_verdict(warehouse: Warehouse, verdict: str) -> int:
    return int(warehouse.one("SELECT count(*) FROM temp.verdict WHERE verdict = $verdict", {"verdict": verdict}))


def _contest(warehouse: Warehouse, plan: Plan, candidates: Sql) -> None:
    """Temp table `loser`: the candidates that another candidate of their key beats."""
    warehouse.sql(fill("claims", candidates=candidates, key=plan.key_list, order=plan.order))
    warehouse.sql(fill(plan.definition.strategy, key=plan.key_list))
    warehouse.sql(fill("losers", key=plan.key_list))


def _keyed_delta(warehouse: Warehouse, plan: Plan, old: Present, records: int, watch: Watch) -> Moved:
    before = plan.before(old)
    leaving = bool(warehouse.one("SELECT count(*) FROM temp.scope WHERE state = 'left'"))
    candidates = plan.candidates(COMING)
    removed = 0
    if leaving:
        warehouse.sql(fill("lost", before=before, key=plan.key_list))
        if warehouse.one("SELECT count(*) FROM temp.lost"):
            located(warehouse, _staging_tables(warehouse, "state = 'kept'"))
            again = f"(SELECT * FROM {plan.candidates(KEPT)} SEMI JOIN temp.lost USING ({plan.key_list}))"
            candidates = Sql(f"(SELECT * FROM {candidates} UNION ALL SELECT * FROM {again})")
    _contest(warehouse, plan, candidates)
    warehouse.sql(fill("challengers", candidates=candidates))
    warehouse.sql(
        fill("verdicts", before=before, key=plan.key_list, beats=plan.beats(), differs=plan.differs("c", "b"))
    )
    conflicts = met_by_delta(warehouse, plan, before)
    hold_to(watch.most_conflicts, conflicts, plan.table)
    warehouse.sql(fill("tally", key=plan.key_list))
    if leaving:
        warehouse.sql(fill("removed", key=plan.key_list))
        removed = int(warehouse.one("SELECT count(*) FROM temp.removed"))
    ahead = NOTHING
    if watch.ahead:
        changed = changed_values(plan, Sql("temp.verdict"), before, plan.matches("c", "b"))
        left = Sql("temp.removed" if leaving else "(SELECT 0 AS _version WHERE false)")
        ahead = outlook(warehouse, plan, changed, left)
    names = [plan.structure.columns[i].shown for i in plan.stored]
    others = [identifier(name) for name in (*(x for i, x in zip(plan.stored, names, strict=True) if i not in plan.key),
                                            "_version", "_row")]
    aside = [Sql(f"{identifier(plan.structure.columns[i].shown)} = CASE WHEN w.{n(i)} = {_SHORT} THEN {_LONGER} "
                 f"ELSE {_SHORT} END")
             for i in plan.stored if plan.structure.columns[i].type in LIKE_OTHERS]
    if aside:
        warehouse.sql(fill("unlike", target=target(plan.table), unlike=listed(aside), match=_by_key(plan, "t", "w")))
    warehouse.sql(fill(
        "upsert", target=target(plan.table), columns=plan.shown(plan.stored), values=listed(n(i) for i in plan.stored),
        key=plan.shown(plan.key), assignments=listed(Sql(f"{name} = excluded.{name}") for name in others),
    ))
    if removed:
        warehouse.sql(fill("remove", target=target(plan.table), match=_by_key(plan, "t", "r")))
    return Moved(records, warehouse.count(target(plan.table)), _with_verdict(warehouse, "returned"), removed,
                 _with_verdict(warehouse, "restored"), rebuilt=False, conflicts=conflicts, outlook=ahead)


def _by_key(plan: Plan, row: str, other: str) -> Sql:
    """Whether a row of the target and one of the move have one key."""
    return listed((Sql(f"{row}.{identifier(plan.structure.columns[i].shown)} = {other}.{n(i)}") for i in plan.key),
                  " AND ")


def _append_delta(warehouse: Warehouse, plan: Plan, old: Present, records: int, watch: Watch) -> Moved:
    left = "(SELECT version_id AS _version FROM temp.scope WHERE state = 'left')"
    leaving = f"(SELECT _version FROM {target(old.table)} SEMI JOIN {left} USING (_version))"
    removed = int(warehouse.one(f"SELECT count(*) FROM {leaving}"))
    ahead = outlook(warehouse, None, None, Sql(leaving)) if watch.ahead else NOTHING
    warehouse.sql(fill("append", target=target(plan.table), columns=plan.shown(plan.stored),
                       values=listed(n(i) for i in plan.stored), candidates=plan.candidates(COMING)))
    if removed:
        warehouse.sql(fill("retract", target=target(plan.table)))
    _no_losers(warehouse)
    warehouse.sql(f"CREATE OR REPLACE TEMP VIEW verdict AS SELECT t._version, t._row, scope.state, "
                  f"CASE WHEN scope.state = 'new' THEN 'inserted' ELSE 'returned' END AS verdict "
                  f"FROM {target(plan.table)} AS t "
                  "JOIN temp.scope AS scope ON scope.version_id = t._version AND scope.state IN ('new', 'back')")
    warehouse.sql(fill("tally_rebuilt"))
    return Moved(records, warehouse.count(target(plan.table)), _with_verdict(warehouse, "returned"), removed, 0,
                 rebuilt=False, outlook=ahead)


def _no_losers(warehouse: Warehouse) -> None:
    warehouse.sql("CREATE OR REPLACE TEMP TABLE loser (_version INTEGER, _row BIGINT, best_version INTEGER)")


def _rebuild(
    warehouse: Warehouse, plan: Plan, old: Present | None, before: Definition | None, records: int,
    watch: Watch,
) -> Moved:
    located(warehouse, _staging_tables(warehouse, "true" if old is not None else "state <> 'left'"))
    candidates = plan.candidates(LOADED)
    if plan.definition.keyed:
        _contest(warehouse, plan, candidates)
    else:
        _no_losers(warehouse)
    fresh = rebuilt_name(plan.table)
    order = plan.key_list if plan.definition.keyed else Sql("_rank, _row")
    warehouse.fill(
        fill("fill", table=target(fresh), values=plan.named(plan.stored), candidates=candidates, order=order))
    compared = _comparable(plan, old, before)
    after = _as_moved(warehouse, plan, fresh)
    removed = _compare(warehouse, plan, compared, after, records)
    conflicts = NONE
    if plan.definition.keyed:
        conflicts = met_by_rebuild(warehouse, plan, comparable=compared is not None)
        hold_to(watch.most_conflicts, conflicts, plan.table)
    ahead = _ahead(warehouse, plan, old, compared, after) if watch.ahead else NOTHING
    warehouse.sql(fill("tally_rebuilt"))
    moved = Moved(records, warehouse.count(target(fresh)), _with_verdict(warehouse, "returned"), removed,
                  _with_verdict(warehouse, "restored"), rebuilt=True, conflicts=conflicts, outlook=ahead)
    if old is not None:
        warehouse.sql(f"DROP TABLE {target(plan.table)}")
    warehouse.sql(f"ALTER TABLE {target(fresh)} RENAME TO {identifier(plan.table)}")
    if plan.definition.keyed:
        keyless = listed((Sql(f"{identifier(plan.structure.columns[i].shown)} IS NULL") for i in plan.key), " OR ")
        if warehouse.one(f"SELECT count(*) FROM {target(plan.table)} WHERE {keyless}"):
            raise AssertionError("a key is NULL in the target")
        warehouse.sql(f"ALTER TABLE {target(plan.table)} ADD PRIMARY KEY ({plan.shown(plan.key)})")
    return moved


def _ahead(warehouse: Warehouse, plan: Plan, old: Present | None, compared: Present | None, after: Sql) -> Outlook:
    """What a rebuild does to the target that stands."""
    gone = Sql("(SELECT 0 AS _version WHERE false)")
    if old is not None:
        stays = ""
        if compared is not None:
            stays = (f" EXCEPT ALL SELECT b._version, b._row FROM temp.known AS b "
                     f"SEMI JOIN {after} AS c ON {_match(plan)}")
        gone = Sql(f"(SELECT _version FROM (SELECT _version, _row FROM {target(old.table)}{stays}))")
    keyed = compared is not None and plan.definition.keyed
    changed = changed_values(plan, after, Sql("temp.known"), _match(plan)) if keyed else None
    return outlook(warehouse, plan, changed, gone)


def _match(plan: Plan) -> Sql:
    """Whether b, of the target before, and c, of the one after, are one record."""
    same_row = Sql("b._version = c._version AND b._row = c._row")
    return plan.matches("b", "c") if plan.definition.keyed else same_row


def _comparable(plan: Plan, old: Present | None, before: Definition | None) -> Present | None:
    """The target before, where its rows can be told to be those of after: the same strategy and key."""
    same = before is not None and (before.strategy, before.key) == (plan.definition.strategy, plan.definition.key)
    return old if same else None


def _as_moved(warehouse: Warehouse, plan: Plan, table: str) -> Sql:
    """A target of this move's structure, with the columns as a move calls them."""
    values = listed(Sql(f"{identifier(c.shown)} AS {n(i)}") for i, c in enumerate(plan.structure.columns))
    rows = sliced(warehouse, target(table), (c.shown for c in plan.structure.columns))
    return Sql(f"(SELECT {values}, _version, _row FROM {rows})")


def _compare(warehouse: Warehouse, plan: Plan, old: Present | None, after: Sql, records: int) -> int:
    """Temp `verdict` of a rebuilt target against the target before; gives how many records left."""
    if old is None:
        warehouse.sql(f"""
            CREATE OR REPLACE TEMP VIEW verdict AS
            SELECT c._version, c._row, scope.state,
                CASE WHEN scope.state = 'new' THEN 'inserted' ELSE 'returned' END AS verdict
            FROM {after} AS c JOIN temp.scope AS scope ON scope.version_id = c._version""")
        return records
    every = {table: places_of(warehouse, table, json.loads(header)) for table, header in warehouse.sql(
        "SELECT DISTINCT staging, header FROM temp.scope WHERE staging <> ''")}
    known = plan.reread(old, every)
    warehouse.sql(f"CREATE OR REPLACE TEMP TABLE known AS SELECT * FROM {known} AS known")
    match = _match(plan)
    differs = Sql(f"(b._differs OR {plan.differs('c', 'b')})") if plan.definition.keyed else Sql("true")
    warehouse.sql(fill("rebuilt_verdicts", after=after, before=Sql("temp.known"), match=match, differs=differs))
    stayed = int(warehouse.one(f"SELECT count(*) FROM temp.known AS b SEMI JOIN {after} AS c ON {match}"))
    return records - stayed

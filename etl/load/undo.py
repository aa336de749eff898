"""Which loads can be rolled back: what later loads stand in the way of, and what was pruned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from etl.errors import UsageError
from etl.ledger.read import PastLoad


def undoable(loads: Sequence[PastLoad], load_id: int, pruned: Mapping[int, datetime]) -> PastLoad:
    """The load of that id, where nothing stands in the way; a load that is undone, and what undid it, do not.

    Args:
        loads: All of its dataset, the oldest first.
        pruned: The versions whose rows are in staging no more, and when they were pruned.

    Raises:
        UsageError: Naming the later load, or the prune.
    """
    undone = _undone_by(loads)
    wanted = next(load for load in loads if load.load_id == load_id)
    if load_id in undone:
        raise UsageError(f"Load {load_id} is undone already, by load {undone[load_id]}.")
    gone = _gone(wanted, pruned)
    if gone is not None:
        raise UsageError(f"Load {load_id} cannot be rolled back: {gone}.")
    lost = irreversible(loads, pruned.keys())
    standing = list(_in_the_way(loads, wanted, undone))
    # One that can never be rolled back is named first: who begins with another would get no further.
    for later in sorted(standing, key=lambda load: load.load_id not in lost):
        shared = sorted(wanted.paths & later.paths)
        what = f"has changed {shared[0]} since" if shared else "has changed the definition since"
        if later.load_id in lost:
            why = _gone(later, pruned)
            cannot = "and cannot be rolled back itself" + ("" if why is None else f": {why}")
            raise UsageError(f"Load {load_id} cannot be rolled back: load {later.load_id} {what}, {cannot}.")
        raise UsageError(f"Load {load_id} cannot be rolled back: load {later.load_id} {what}. "
                         "Roll that one back first.")
    return wanted


def irreversible(loads: Sequence[PastLoad], pruned: AbstractSet[int]) -> set[int]:
    """The loads that can be rolled back no more, not even after later ones, because of versions that were pruned.

    Those that are undone already do not count.
    """
    undone = _undone_by(loads)
    lost: dict[int, PastLoad] = {}
    for load in reversed(loads):
        if load.load_id not in undone and (
                not pruned.isdisjoint(load.left.values())
                or any(True for _ in _in_the_way(list(lost.values()), load, undone))):
            lost[load.load_id] = load
    return set(lost)


def _undone_by(loads: Sequence[PastLoad]) -> dict[int, int]:
    """The loads that are undone, each with the one that did; a rollback that is undone itself does not count."""
    undone: dict[int, int] = {}
    for load in reversed(loads):
        if load.load_id not in undone and load.undoes is not None:
            undone[load.undoes] = load.load_id
    return undone


def _in_the_way(loads: Sequence[PastLoad], wanted: PastLoad, undone: Mapping[int, int]) -> Iterator[PastLoad]:
    """The later loads that touched the same paths or the definition and stand, the newest first."""
    paths = wanted.paths
    for later in sorted(loads, key=lambda load: -load.load_id):
        cancelled = later.load_id in undone or (later.undoes is not None and later.undoes > wanted.load_id)
        if later.load_id > wanted.load_id and not cancelled and (later.redefined or paths & later.paths):
            yield later


def _gone(load: PastLoad, pruned: Mapping[int, datetime]) -> str | None:
    """What a load let go and a prune took; None where all of it is there."""
    found = sorted((path, pruned[version]) for path, version in load.left.items() if version in pruned)
    if not found:
        return None
    path, at = found[0]
    more = "" if len(found) == 1 else f" and of {len(found) - 1:,} more of its files"
    return f"the rows of {path}{more}, which it let go, were pruned at {said(at)}"


def said(at: datetime) -> str:
    """The time of a prune in a sentence."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"

"""Every change of a state: runs, and what unloads, reloads and rolls back; what each holds, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from oracle.books import Books, Kind, books_of, still
from oracle.kinds import Type
from oracle.readings import Read, Way, read
from oracle.table import Table
from oracle.target import Definition, Row, Target, accepted, derive, misfits

Versions = Mapping[str, Read]


class Refused(Exception):
    """The change cannot be made: everything is as it was."""


@dataclass(frozen=True)
class Past:
    """A load that was kept: what it brought and let go, and what it changed.

    Args:
        before: The definition that it changed; None where it did not. Likewise `way`.
        undoes: Of a rollback: the place of the load that it undid.
        under: The definition in force until then.
    """

    came: Versions
    left: Versions
    before: Definition | None = None
    way: Way | None = None
    undoes: int | None = None
    under: Definition | None = None


@dataclass(frozen=True)
class World:
    """The state of one dataset: what is loaded, what is held, and how it came to be.

    Args:
        holds: By path, the held versions; what is held is their bytes.
    """

    kind: Kind
    loaded: Versions = field(default_factory=dict)
    definition: Definition | None = None
    way: Way = "plain"
    holds: Mapping[str, tuple[Read, ...]] = field(default_factory=dict)
    loads: tuple[Past, ...] = ()


@dataclass(frozen=True)
class Result:
    """What a change comes to. `held` are the paths that a run skips, or that a change holds from now on."""

    world: World
    target: Target
    books: Books
    moved: bool
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    held: tuple[str, ...] = ()


def run(world: World, folder: Mapping[str, Table], definition: Definition, way: Way) -> Result:
    """A run that finds this folder, with this definition and way of reading in force.

    Raises:
        Refused: Nothing was found where something must be, or a file does not fit the definition.
    """
    found = {path: read(table, way) for path, table in folder.items()}
    if not found and (world.kind == "fresh" or not world.loaded):
        raise Refused
    holds = {path: tuple(hold for hold in held if path not in found or hold.raw == found[path].raw)
             for path, held in world.holds.items()}
    skipped = {path for path, version in found.items() if _skipped(replace(world, holds=holds), path, version)}
    came = {path: version for path, version in found.items()
            if path not in skipped and _content(world.loaded.get(path)) != version.content()}
    gone = set(world.loaded) - set(found) if world.kind == "fresh" else set()
    loaded = {path: version for path, version in {**world.loaded, **came}.items() if path not in gone}
    definition = _under_contract(world, loaded, definition)
    result = _move(world, loaded, definition, way, came, holds)
    stated = world.kind == "fresh" or world.definition is None or world.definition.declared != definition.declared
    if stated and result.target.shown and not {name for name, _ in definition.declared} <= result.target.shown.keys():
        raise Refused
    return replace(result, new=_paths(came.keys() - world.loaded.keys()), held=_paths(skipped),
                   changed=_paths(came.keys() & world.loaded.keys()), gone=_paths(gone))


def _under_contract(world: World, loaded: Versions, definition: Definition) -> Definition:
    """The definition with what its contract holds to: the target when it was first asked for, else the first file."""
    free = replace(definition, contract="evolve", frozen=())
    if definition.contract == "evolve":
        return free
    held: tuple[tuple[str, Type], ...] = ()
    if world.definition is not None:
        held = world.definition.frozen or tuple(derive(world.loaded, world.definition).types.items())
    with_columns = sorted(path for path, version in loaded.items() if version.header)
    if not held and with_columns:
        try:
            held = tuple(derive({with_columns[0]: loaded[with_columns[0]]}, free).types.items())
        except ValueError as error:
            raise Refused from error
    if not held:
        raise Refused
    return replace(definition, frozen=held)


def _skipped(world: World, path: str, version: Read) -> bool:
    loaded = world.loaded.get(path)
    if _content(loaded) == version.content():
        return False
    if any(hold.raw == version.raw for hold in world.holds.get(path, ())):
        return True
    elsewhere = any(hold.raw == version.raw for holds in world.holds.values() for hold in holds)
    return elsewhere and (loaded is None or loaded.raw != version.raw)


def unload(world: World, paths: Iterable[str]) -> Result:
    """These paths leave and are held."""
    wanted = sorted(paths)
    if world.kind == "fresh" or world.definition is None or not set(wanted) <= world.loaded.keys():
        raise Refused
    left = {path: world.loaded[path] for path in wanted}
    loaded = {path: version for path, version in world.loaded.items() if path not in left}
    result = _move(world, loaded, world.definition, world.way, {}, _holding(world.holds, left))
    return replace(result, gone=_paths(left), held=_paths(left))


def reload(world: World, paths: Iterable[str]) -> Result:
    """What is held of these paths comes back."""
    wanted = sorted(paths)
    if world.kind == "fresh" or world.definition is None or not all(world.holds.get(path) for path in wanted):
        raise Refused
    back = {path: world.holds[path][-1] for path in wanted}
    result = _move(world, {**world.loaded, **back}, world.definition, world.way, {}, _releasing(world.holds, back))
    return replace(result, back=_paths(back))


def rollback(world: World, number: int) -> Result:
    """The load at that place among all that were kept is undone."""
    if world.kind == "fresh" or world.definition is None:
        raise Refused
    undone = {past.undoes for past in _standing(world.loads) if past.undoes is not None}
    load = world.loads[number]
    later = [past for place, past in enumerate(world.loads) if place > number and place not in undone
             and (past.undoes is None or past.undoes < number)]
    touched = {*load.came, *load.left}
    if number in undone or any(past.before is not None or touched & {*past.came, *past.left} for past in later):
        raise Refused
    back = load.left
    loaded = {path: version for path, version in world.loaded.items() if path not in load.came} | dict(back)
    holds = _holding(_releasing(world.holds, back), load.came)
    result = _move(world, loaded, load.before or world.definition, load.way or world.way, {}, holds, number)
    return replace(result, gone=_paths(load.came.keys() - back.keys()), back=_paths(back), held=_paths(load.came))


def _standing(loads: tuple[Past, ...]) -> list[Past]:
    """The loads that are not undone, the newest first."""
    undone: set[int] = set()
    found = []
    for place in reversed(range(len(loads))):
        if place not in undone:
            found.append(loads[place])
            undone |= {undoes for undoes in (loads[place].undoes,) if undoes is not None}
    return found


def _move(
    world: World, loaded: Versions, definition: Definition, way: Way, came: Versions,
    holds: Mapping[str, tuple[Read, ...]], undoes: int | None = None,
) -> Result:
    try:
        old = derive(world.loaded, world.definition or definition)
        new = derive(loaded, definition)
    except ValueError as error:
        raise Refused from error
    if definition.contract == "freeze" and any(
            misfits(row, definition) and not _stood(world, row, loaded[row.path], came, old) for row in new.rejected):
        raise Refused
    flipped = _differing(world.loaded, loaded)
    moved = bool(flipped) or definition != world.definition
    past = Past({path: loaded[path] for path in flipped if path in loaded},
                {path: world.loaded[path] for path in flipped if path in world.loaded},
                world.definition if world.definition != definition else None, world.way if world.way != way else None,
                undoes, world.definition)
    after = World(world.kind, loaded, definition, way, {path: held for path, held in holds.items() if held},
                  (*world.loads, past) if moved else world.loads)
    books = books_of(old, new, {path: came[path] for path in sorted(came)}) if moved else still(old)
    return Result(after, new, books, moved)


def _stood(world: World, row: Row, version: Read, came: Versions, old: Target) -> bool:
    """Whether a row was not accepted before either: it does not count again."""
    if row.path in came:
        return False
    if _content(world.loaded.get(row.path)) == version.content():
        return row not in old.accepted
    left = next(past for past in reversed(world.loads) if _content(past.left.get(row.path)) == version.content())
    return left.under is not None and not accepted(row, left.under)


def _differing(before: Versions, after: Versions) -> set[str]:
    return {path for path in {*before, *after} if _content(before.get(path)) != _content(after.get(path))}


def _content(version: Table | None) -> bytes | None:
    return None if version is None else version.content()


def _holding(holds: Mapping[str, tuple[Read, ...]], left: Versions) -> dict[str, tuple[Read, ...]]:
    return _changed(holds, left, lambda held, version: held if version.raw in {h.raw for h in held} else
                    (*held, version))


def _releasing(holds: Mapping[str, tuple[Read, ...]], back: Versions) -> dict[str, tuple[Read, ...]]:
    return _changed(holds, back, lambda held, version: tuple(h for h in held if h.raw != version.raw))


def _changed(
    holds: Mapping[str, tuple[Read, ...]], versions: Versions,
    change: Callable[[tuple[Read, ...], Read], tuple[Read, ...]],
) -> dict[str, tuple[Read, ...]]:
    return {**holds, **{path: change(holds.get(path, ()), version) for path, version in versions.items()}}


def _paths(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(paths))

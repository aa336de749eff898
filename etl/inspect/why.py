"""Why the target holds what it holds of a key: who claimed it, who won, and by which rule."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from etl.config import Definition, Settings
from etl.errors import UsageError, count, shorten
from etl.inspect import claims
from etl.inspect.claims import Claim, Question
from etl.inspect.loads import moment
from etl.ledger import read
from etl.result import Listing
from etl.sql_files import fill
from etl.warehouse import Warehouse, open_warehouse

PRUNED_NAMED = 5  # versions in a sentence
HEADINGS = ("wins", "path", "row", "staged by load", "state", "load", "reason", "rule", "differs in", "values")
KEEPS = {
    "append": "append keeps every accepted row of every loaded file",
    "deduplicate": "deduplicate keeps the row at the lowest position",
    "update": "update keeps the row at the highest position",
}


def why(warehouse: Path, table: str, key: Sequence[str], place: str | None, lock_timeout: float) -> Listing:
    """Say who ever claimed a key: every staged row, its state, what it differs in, and the rule that decided.

    Args:
        key: One text a column of the key; empty where `place` names a row instead.
        place: `path:row`, a row of a file: the key that it claims, and under `append` the row itself.

    Returns:
        A row a claim: first those that take part in what the target holds, the winner at the top; then the rejected
        ones and those of versions that are not loaded any more. `rule` is what decided against a claim: `order_by`,
        `path` or `row`; of the winner, what decided for it against the next one, or `only claim`.

    Raises:
        UsageError: There is no such table, or the key is not of its form.
    """
    with open_warehouse(warehouse, Settings(lock_timeout=lock_timeout), write=False) as opened:
        dataset = read.stored(opened, table)
        asked = claims.question(opened, dataset)
        if place is not None:
            return _of_place(asked, key, place)
        if not dataset.definition.keyed:
            raise UsageError(f"{dataset.name} is loaded by append and has no key. Name a row of a file: "
                             f"etl why {dataset.name} --row PATH:ROW.")
        columns = dataset.definition.key
        if len(key) != len(columns):
            raise UsageError(f"The key of {dataset.name} has {_counted(len(columns), 'column')} "
                             f"({', '.join(columns)}), and {_counted(len(key), 'value')} given. Give one argument "
                             "a column, in this order.")
        return _of_key(asked, key)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" + (
        "" if noun == "column" else " was" if number == 1 else " were")


def _of_place(asked: Question, key: Sequence[str], place: str) -> Listing:
    path, _, number = place.rpartition(":")
    if key or not path or not (number.isascii() and number.isdecimal()):
        raise UsageError("Give either a key or --row PATH:ROW, like --row sub/a.csv:7.")
    row = int(number)
    found = claims.by_place(asked, path, row)
    if not found:
        return _not_staged(asked, path, row)
    if asked.definition.keyed:
        texts = claims.key_of(asked, max(found, key=lambda claim: (claim.loaded, claim.version)))
        if texts is not None:
            return _of_key(asked, texts)
        return _listing(asked, f"Row {row} of {path} of {asked.dataset.name}, which claims no key", found, None)
    title = f"Row {row} of {path} in {asked.dataset.name}"
    return _listing(asked, title, found, claims.place_in_target(asked, path, row))


def _not_staged(asked: Question, path: str, row: int) -> Listing:
    """What became of a record that has no row in staging: it could not be read, or its rows were pruned.

    Raises:
        UsageError: The file was never loaded, or has no such row.
    """
    name, warehouse, of = asked.dataset.name, asked.warehouse, {"dataset": asked.dataset.dataset_id, "path": path}
    title, pruned = f"Row {row} of {path} in {name}", _pruned(asked, path)
    rejects = warehouse.sql(fill("unread"), {**of, "row": row})
    if rejects:
        rows: tuple[tuple[object, ...], ...] = tuple(
            (False, path, row, load, "rejected", load, said if column is None else f"{column}: {said}", None,
             None, {}) for load, column, said in rejects)
        note = (f"It could not be read, so {name} has nothing of it. `etl rejects --load {rejects[0][0]}` shows the "
                "record.")
        return Listing(title, HEADINGS, rows, (note, *pruned))
    if pruned:
        return Listing(title, HEADINGS, (), (f"No row {row} of {path} is in staging.", *pruned))
    read_of = warehouse.one("SELECT max(read) FROM etl.file_version WHERE dataset_id = $dataset AND path = $path", of)
    if read_of is None:
        raise UsageError(f"{name} never loaded a file {path}. `etl status {name}` shows the paths of those that it "
                         "has.")
    raise UsageError(f"{path} has no row {row}: it has {count(read_of, 'row')}. Rows are counted from 1.")


def _of_key(asked: Question, key: Sequence[str]) -> Listing:
    wanted = claims.key_as_said(asked, key)
    found = claims.by_key(asked, wanted)
    said = ", ".join(f"{name} = {shorten(text)}" for name, text in zip(asked.definition.key, key, strict=True))
    return _listing(asked, f"Who claimed {said} in {asked.dataset.name}", found, claims.in_target(asked, wanted))


def _listing(asked: Question, title: str, found: Sequence[Claim], held: claims.At | None) -> Listing:
    winner = found[0] if found and found[0].live else None
    rejected, held_back = _rejected(asked.warehouse), _held(asked.warehouse)
    rows = []
    for claim in found:
        state, load, reason = _state(claim, rejected, held_back)
        rule = _rule(asked.definition, claim, found) if claim.live else None
        rows.append((claim is winner, claim.path, claim.row, claim.staged_by, state, load, reason, rule,
                     _differs(claim, winner), dict(claim.values)))
    return Listing(title, HEADINGS, tuple(rows), tuple(_notes(asked, found, winner, held)))


def _rejected(warehouse: Warehouse) -> dict[claims.At, tuple[int, str]]:
    """Of the claims that were rejected, the newest load that did and its reasons."""
    found: dict[claims.At, tuple[int, str]] = {}
    for version, row, load, column, text, message in warehouse.sql(fill("reasons")):
        said = message if column is None else f"{column}{'' if text is None else f' = {shorten(text)}'}: {message}"
        if (version, row) not in found:
            found[version, row] = (load, said)
        elif found[version, row][0] == load:
            found[version, row] = (load, f"{found[version, row][1]}; {said}")
    return found


def _held(warehouse: Warehouse) -> set[int]:
    """The versions whose content is held."""
    return {int(row[0]) for row in warehouse.sql("SELECT version_id FROM etl.hold")}


def _state(claim: Claim, rejected: dict[claims.At, tuple[int, str]], held: set[int]) -> tuple[str, int, str | None]:
    """`loaded`, `rejected`, `left` or `held`; the load that made it so; and why, where there is more to say."""
    load, reason = rejected.get((claim.version, claim.row), (claim.since, None))
    if not claim.loaded:
        before = None if reason is None else f"rejected by load {load}: {reason}"
        return "held" if claim.version in held else "left", claim.since, before
    if not claim.accepted:
        return "rejected", load, reason or "it does not fit the definition"
    return "loaded", claim.since, None


def _rule(definition: Definition, claim: Claim, found: Sequence[Claim]) -> str:
    if not definition.keyed:
        return "append"
    rivals = [other for other in found if other.live and other is not claim]
    if not rivals:
        return "only claim"
    rival = rivals[0]  # the best of the others: of a claim that lost, the winner
    if claim.order != rival.order:
        return "order_by"
    return "path" if claim.path != rival.path else "row"


def _differs(claim: Claim, winner: Claim | None) -> list[str] | None:
    if winner is None or claim is winner:
        return None
    names = [*winner.values, *(name for name in claim.values if name not in winner.values)]
    return [name for name in names if claim.values.get(name) != winner.values.get(name)]


def _notes(asked: Question, found: Sequence[Claim], winner: Claim | None, held: claims.At | None) -> list[str]:
    definition, name = asked.definition, asked.dataset.name
    notes = [f"Strategy: {KEEPS[definition.strategy]}" + (_position(definition) if definition.keyed else "") + "."]
    if not found:
        notes.append("No row in staging claims this key. Records that could not be read, or whose key is NULL, "
                     "are among `etl rejects`.")
    elif winner is None:
        last = max(claim.since for claim in found)
        left = all(not claim.loaded for claim in found)
        notes.append(f"{name} has no row of it: " + (f"the last file with one left in load {last}." if left else
                                                      "what claims it is rejected or has left."))
    elif definition.keyed:
        notes.append(_decided(definition, winner, found))
    right = None if winner is None else (winner.version, winner.row)
    if held != right:
        notes.append(f"{name} does not hold what its files say of it. `etl verify {name}` says what else is wrong.")
    return [*notes, *_pruned(asked)]


def _pruned(asked: Question, path: str | None = None) -> list[str]:
    """A sentence on the versions, of one path or of all, whose rows are gone: what they claimed cannot be told."""
    rows = asked.warehouse.sql(
        "SELECT path, load_id, pruned_at FROM etl.file_version WHERE dataset_id = $dataset AND pruned_at IS NOT NULL "
        "AND ($path IS NULL OR path = $path) ORDER BY version_id DESC",
        {"dataset": asked.dataset.dataset_id, "path": path})
    if not rows:
        return []
    named = [f"{name} of load {load} at {moment(at)}" for name, load, at in rows[:PRUNED_NAMED]]
    named += [f"{len(rows) - PRUNED_NAMED:,} more"] if len(rows) > PRUNED_NAMED else []
    return [f"Pruned, so that nobody can say what they claimed: the rows of {', '.join(named)}."]


def _position(definition: Definition) -> str:
    first = "" if definition.order_by is None else f"{definition.order_by} (NULL lowest), then "
    return f": {first}the file's path, then the row in the file"


def _decided(definition: Definition, winner: Claim, found: Sequence[Claim]) -> str:
    place = f"Row {winner.row} of {winner.path} wins"
    rivals = [claim for claim in found if claim.live][1:]
    if not rivals:
        return f"{place}: no other loaded row claims the key."
    rival, word = rivals[0], "higher" if definition.strategy == "update" else "lower"
    against = f"{rival.path}, row {rival.row}"
    rule = _rule(definition, winner, found)
    if rule == "order_by":
        return (f"{place}: its {definition.order_by} {_said(winner.order)} is {word} than {_said(rival.order)} "
                f"({against}).")
    after = "after" if definition.strategy == "update" else "before"
    if rule == "path":
        return f"{place}: its path ranks {after} that of the next best ({against})."
    return f"{place}: it stands {after} row {rival.row} of the same file."


def _said(text: str | None) -> str:
    return "NULL" if text is None else shorten(text)

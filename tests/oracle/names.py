"""Names of columns: how they match, how they are shown, and what becomes of doubled and empty ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

WHITE_SPACE = " \t\r\n\v\f\u00a0"
RESERVED = ("_version", "_row")


@dataclass(frozen=True)
class Name:
    """A column's name in one file: how it matches and how the file spells it."""

    match: str
    spelled: str


def matching(name: str) -> str:
    """The form in which names match: NFC, then lower case."""
    return unicodedata.normalize("NFC", name).lower()


def of_header(header: Sequence[str]) -> tuple[Name, ...]:
    """The names of a file's columns, in their places.

    A stated name belongs to its first place. The others (a second of one name, a reserved one, an empty one) take,
    from left to right, the first form that no other column of the file has.
    """
    spelled = [name.strip(WHITE_SPACE) for name in header]
    names: dict[int, Name] = {}
    taken: set[str] = set()
    for place, name in enumerate(spelled):
        match = matching(name)
        if name and match not in RESERVED and match not in taken:
            names[place] = Name(match, name)
            taken.add(match)
    for place, name in enumerate(spelled):
        if place not in names:
            names[place] = _free(name, place, taken)
            taken.add(names[place].match)
    return tuple(names[place] for place in range(len(spelled)))


def _free(name: str, place: int, taken: set[str]) -> Name:
    """The first free form of a name that cannot stand as it is."""
    base = name or f"column_{place + 1}"
    suffix = 1
    candidate = base
    while (suffix == 1 and name) or matching(candidate) in taken:
        suffix += 1
        candidate = f"{base}_{suffix}"
    return Name(matching(candidate), candidate)

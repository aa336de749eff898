"""Whether values that come from a file are of the types that their dataclass names."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def of_its_types(found: T) -> T:
    """The same dataclass, each field of which is of its type.

    Raises:
        TypeError: One is not.
    """
    for name, hint in get_type_hints(type(found)).items():
        if not _is(getattr(found, name), hint):
            raise TypeError(name)
    return found


def _is(value: object, hint: Any) -> bool:
    origin, parts = get_origin(hint), get_args(hint)
    if hint is Any:
        found = True
    elif origin in (Union, UnionType):
        found = any(_is(value, part) for part in parts)
    elif origin is Literal:
        found = isinstance(value, str) and value in parts
    elif origin is tuple and parts[-1] is not ...:
        found = isinstance(value, tuple) and len(value) == len(parts) and all(map(_is, value, parts))
    elif origin is tuple:
        found = isinstance(value, tuple) and all(_is(item, parts[0]) for item in value)
    elif origin is Mapping:
        found = isinstance(value, dict) and all(_is(k, parts[0]) and _is(v, parts[1]) for k, v in value.items())
    elif isinstance(value, bool):
        found = hint is bool
    else:
        found = isinstance(value, int | float) if hint is float else isinstance(value, hint)
    return found

"""The optional parts: what `pip install 'etl[NAME]'` brings."""

from __future__ import annotations

from importlib.util import find_spec

from etl.errors import ExtraMissing


def need(what: str, extra: str, *modules: str) -> None:
    """Make sure of the modules that an optional part is made of, before anything is done with it.

    Args:
        what: Who needs them, as the beginning of a sentence.
        extra: The name under which they are installed.

    Raises:
        ExtraMissing: One is not there; says how to get it.
    """
    absent = [module for module in modules if find_spec(module) is None]
    if absent:
        are = "is" if len(absent) == 1 else "are"
        raise ExtraMissing(f"{what} needs {' and '.join(absent)}, which {are} not installed. "
                           f"Install what is missing with: pip install 'etl[{extra}]'")

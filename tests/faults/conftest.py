"""The place where changes are made is that of the tests of changes."""

from changes.conftest import place

__all__ = ["place"]

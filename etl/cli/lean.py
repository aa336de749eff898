"""What a process of the command line does without."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class WithoutPandas(MetaPathFinder):
    """Says at once that there is no pandas.

    DuckDB asks for it with every value that is bound: there, it is imported, which takes longer than a small load;
    missing, it is searched for each time. Nothing of ours has a value of it.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None  # noqa: ARG002, the protocol
    ) -> ModuleSpec | None:
        """None for every other module.

        Raises:
            ModuleNotFoundError: It is pandas.
        """
        if fullname == "pandas":
            raise ModuleNotFoundError("No module named 'pandas'", name=fullname)
        return None


def without_pandas() -> None:
    """Let this process find no pandas, unless somebody has imported it."""
    sys.meta_path.insert(0, WithoutPandas())

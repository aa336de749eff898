"""One load from start to end: the only place where the steps are ordered."""

from etl.load.change import reload, rollback, unload
from etl.load.run import run

__all__ = ["reload", "rollback", "run", "unload"]

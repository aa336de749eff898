"""One load from start to end: the only place where the steps are ordered."""

from etl.load.run import run

__all__ = ["run"]

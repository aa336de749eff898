"""One load from start to end: the only place where the steps are ordered."""

from etl.load.change import reload, rollback, unload
from etl.load.prune import prune
from etl.load.run import run
from etl.load.saved import Recorder, load_plan, save

__all__ = ["Recorder", "load_plan", "prune", "reload", "rollback", "run", "save", "unload"]

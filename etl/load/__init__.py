"""One load from start to end: the only place where the steps are ordered."""

from etl.load.change import reload, rollback, unload
from etl.load.prune import prune
from etl.load.run import run
from etl.load.saved import Recorder, load_plan, save
from etl.load.written import Written, check_written

__all__ = ["Recorder", "Written", "check_written", "load_plan", "prune", "reload", "rollback", "run", "save",
           "unload"]

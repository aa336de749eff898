"""An interrupt is never lost, wherever DuckDB stands."""

from __future__ import annotations

import subprocess
import sys

import duckdb

from trouble.home import Home, environment

# Loads anew and anew; a signal comes while DuckDB looks for a package, at another of its looks each time.
PROGRAM = """
import itertools, shutil, signal, sys
from importlib.abc import MetaPathFinder
from etl.cli.door import execute
from etl.load.hold import Hold

class Finder(MetaPathFinder):
    seen, at, struck, late = 0, 0, False, False
    def find_spec(self, name, path, target=None):
        if name == "pandas":
            self.seen += 1
            if self.seen == self.at:
                self.struck, self.late = True, hold.began
                signal.raise_signal(signal.SIGINT)
            raise ModuleNotFoundError(name=name)

class Seen:
    began = False

hold, begin, leave = Seen(), Hold.begin, Hold.__exit__
def seen_begin(self):
    hold.began = True
    begin(self)
Hold.begin = seen_begin
finder = Finder()
sys.meta_path.insert(0, finder)
for number in itertools.count(1, 13):
    shutil.copy("base.duckdb", f"{number}.duckdb")
    finder.seen, finder.at, finder.struck, hold.began = 0, number, False, False
    code = execute(["run", "--source-dir", "in", "--warehouse", f"{number}.duckdb", "--table", "t",
                    "--key", "id", "--output", f"{number}.json"])
    if not finder.struck:
        break
    print(number, "held" if finder.late else "struck", code)
"""


def test_an_interrupt_is_not_taken_for_a_package_that_is_missing(home: Home) -> None:
    """DuckDB looks for pandas with each value that is bound, and passes over whatever the look raises."""
    home.put({"a.csv": "id,v\n1,x\n2,y\n"})
    assert home.etl("run", "--source-dir", "in", "--warehouse", "base.duckdb", "--table", "t", "--key", "id").code == 0
    home.put({"b.csv": "id,v\n3,x\n"})
    ran = subprocess.run([sys.executable, "-c", PROGRAM], env=environment(), capture_output=True, text=True,
                         check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    struck = [line.split() for line in ran.stdout.splitlines() if line[0].isdigit()]
    assert {when for _, when, _ in struck} == {"struck", "held"}
    for number, when, code in struck:
        assert (when, code) in {("struck", "130"), ("held", "0")}, number
        with duckdb.connect(f"{number}.duckdb", read_only=True) as warehouse:
            assert warehouse.execute("SELECT id, v FROM t ORDER BY id").fetchall() == (
                [(1, "x"), (2, "y"), (3, "x")] if when == "held" else [(1, "x"), (2, "y")])

"""`python project.py ARGS` is `etl run ARGS`."""

import sys

from etl.cli import main

if __name__ == "__main__":
    main(["run", *sys.argv[1:]])

"""`python -m etl ARGS` is `etl ARGS`."""

from etl.cli import main

if __name__ == "__main__":
    main()

"""`python -m purreal_runner.cli`: the `purreal` command where its script is not on PATH."""

import sys

from purreal_runner.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

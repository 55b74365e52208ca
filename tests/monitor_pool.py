"""Monitored load test: `python tests/monitor_pool.py`; the work is in purreal_runner."""

import sys

from purreal_runner.scripts.monitored_load import main

if __name__ == "__main__":
    sys.exit(main())

"""Quick stress test: `python tests/stress_test_simple.py [N]`; the work is in purreal_runner."""

import sys

from purreal_runner.scripts.quick_stress import main

if __name__ == "__main__":
    sys.exit(main())

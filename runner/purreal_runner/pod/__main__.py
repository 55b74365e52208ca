"""Makes `python -m purreal_runner.pod` the runner's process in a pod."""

import sys

from purreal_runner.pod.main import main

if __name__ == "__main__":
    sys.exit(main())

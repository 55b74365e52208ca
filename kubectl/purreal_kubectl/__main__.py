"""`python -m purreal_kubectl`: the plugin where its script is not on PATH."""

import sys

from purreal_kubectl.main import main

if __name__ == "__main__":
    sys.exit(main())

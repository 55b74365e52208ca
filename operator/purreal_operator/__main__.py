"""Runs the operator: `python -m purreal_operator`."""

import sys

from purreal_operator.main import main

sys.exit(main())

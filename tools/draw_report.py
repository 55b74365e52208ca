"""Draws a saved report as the picture in the README: `draw_report.py report.json OUT.svg`."""

import re
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from purreal_runner.report import text
from purreal_runner.report.model import Report


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    report = Report.model_validate_json(Path(sys.argv[1]).read_bytes())
    console = Console(record=True, width=88, force_terminal=True, file=sys.stderr)
    text.render(report, console)
    # Without rich's web fonts: the picture needs nothing from other hosts.
    layout = re.sub(r"@font-face {{.*?}}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    console.save_svg(sys.argv[2], title="purreal run loadtest.yaml", code_format=layout)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The parser of every command line of this project; knows no command."""

import argparse
from typing import Any, NoReturn

from purreal_runner.exit_codes import ExitCode


class Parser(argparse.ArgumentParser):
    """Takes options by their full names only, and says in one line what is wrong with them.

    An abbreviation would let `--password SECRET` pass for --password-file. Parsers of
    subcommands are made of the same class.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**({"allow_abbrev": False} | given))

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.USAGE, f"{self.prog}: {message} (all options: {self.prog} --help)\n")

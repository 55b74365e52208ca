"""The `purreal` command: parses arguments, hands over to one module per subcommand."""

from purreal_runner.cli.main import main

__all__ = ["main"]

"""The error for a run that can't be done; must not know why one can't."""

from purreal_runner.exit_codes import ExitCode


class RunRefused(Exception):
    """The run can't be done; the text is one readable line (or a few).

    Args:
        message: what is wrong and what to do.
        exit_code: what a process that wanted to run it ends with.
    """

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.ERROR) -> None:
        super().__init__(message)
        self.exit_code = exit_code

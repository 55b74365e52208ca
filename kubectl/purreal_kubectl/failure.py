"""What ends a command early: a failure with its exit code, a signal; knows no command."""

from purreal_runner.exit_codes import ExitCode


class Failure(Exception):
    """What was asked for could not be done; `str()` is for the user, one line or some.

    Attributes:
        exit_code: what the process ends with.
        bare: it is printed as it is: its lines say by themselves what they are about.
    """

    def __init__(
        self, words: str, exit_code: ExitCode = ExitCode.ERROR, *, bare: bool = False
    ) -> None:
        super().__init__(words)
        self.exit_code = exit_code
        self.bare = bare


class Terminated(KeyboardInterrupt):
    """Somebody asked the process to end (SIGTERM); nobody sits there to be asked anything."""

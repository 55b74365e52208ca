"""The child process behind `start_embedded`; owns how it is told what to serve, and no more."""

import logging
import sys

from purreal_runner.embedded.parent import read_hello
from purreal_runner.embedded.process import Ready, ServeOptions, leave, serve


def main() -> None:
    """Serve until the parent process is gone or says stop."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    leave(serve(ServeOptions(**read_hello(sys.stdin.buffer)), _announce))


def _announce(ready: Ready) -> None:
    sys.stdout.write(ready.as_json() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

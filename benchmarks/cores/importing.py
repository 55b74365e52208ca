"""What `import purreal` takes after asyncio, in ms of processor time. Prints a line of JSON."""

import asyncio  # noqa: F401 (so that it is not counted)
import json
import time


def main() -> None:
    """Import it for the first time."""
    began = time.process_time()
    import purreal  # noqa: F401

    print(json.dumps({"milliseconds": (time.process_time() - began) * 1000}))


if __name__ == "__main__":
    main()

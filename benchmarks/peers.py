"""Owns which other packages are measured, and the environment each has to itself; measures nothing.

`python -m benchmarks.peers` installs those that are missing, which needs the package index.
"""

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

PLACE = Path(__file__).with_name(".peers")


@dataclass(frozen=True, slots=True)
class Peer:
    """A package that is measured: its exact versions, so that results can be repeated."""

    name: str
    requirements: tuple[str, ...]

    @property
    def python(self) -> Path:
        """The interpreter of its environment, which need not be there."""
        return self._folder / "bin" / "python"

    @property
    def is_installed(self) -> bool:
        """Whether its environment is complete."""
        return self._done.exists()

    @property
    def missing(self) -> str:
        """The sentence about one that is not there."""
        return f"{self.requirements[0]} is not installed: make bench-peers"

    def install(self) -> None:
        """Make its environment anew.

        Raises:
            subprocess.CalledProcessError: the package can't be had or does not fit.
        """
        venv.create(self._folder, clear=True, with_pip=True)
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, *self.requirements], check=True)  # noqa: S603 (see PEERS)
        self._done.touch()

    @property
    def _folder(self) -> Path:
        # With the versions in its name: a change of them makes another environment.
        return PLACE / "_".join(self.requirements).replace("[binary]", "")

    @property
    def _done(self) -> Path:
        return self._folder / "installed"


SDK = Peer("SDK", ("surrealdb==2.0.0",))
OLDER_PURREAL = Peer("purreal 0.2.1", ("purreal==0.2.1", "surrealdb==2.0.0"))
SDBLPY = Peer("sdblpy", ("sdblpy==0.4.0",))
SURREAL_BASICS = Peer("surreal-basics", ("surreal-basics==0.8.1", "surrealdb==2.0.0"))
PSYCOPG_POOL = Peer("psycopg_pool", ("psycopg-pool==3.3.3", "psycopg[binary]==3.3.9"))
ASYNCPG = Peer("asyncpg", ("asyncpg==0.32.0",))

PEERS = (SDK, OLDER_PURREAL, SDBLPY, SURREAL_BASICS, PSYCOPG_POOL, ASYNCPG)


def main() -> int:
    """Install what is missing; one that can't be had does not keep the others away."""
    failed = 0
    for peer in PEERS:
        if peer.is_installed:
            print(f"{peer.name}: there")
            continue
        print(f"{peer.name}: installing {' '.join(peer.requirements)} ...", flush=True)
        try:
            peer.install()
        except subprocess.CalledProcessError as error:
            print(f"{peer.name}: pip ended with {error.returncode}", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

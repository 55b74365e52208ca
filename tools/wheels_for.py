"""Says whether every dependency of the image has wheels for another platform; installs nothing.

    python tools/wheels_for.py aarch64

Asks the package index for wheels alone, so a dependency that would have to be compiled fails.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from release import IMAGE_EXTRAS

ROOT = Path(__file__).resolve().parent.parent
GLIBC = ("2_17", "2_28", "2_34")
"""Not newer than that of the base image (Debian bookworm: 2.36)."""


def main() -> int:
    """Check one platform; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("machine", help="such as aarch64 or x86_64")
    machine = parser.parse_args().machine
    platforms = [f"manylinux_{version}_{machine}" for version in GLIBC]
    platforms.append(f"manylinux2014_{machine}")
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        built = [*pip, "wheel", "--no-deps", "--wheel-dir", folder, str(ROOT)]
        subprocess.run(built, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        wanted = ["--only-binary=:all:", "--python-version=3.11", "--implementation=cp"]
        wanted += [f"--platform={each}" for each in platforms]
        download = [
            *pip,
            "download",
            *wanted,
            "--dest",
            folder,
            f"{wheel}[{','.join(IMAGE_EXTRAS)}]",
        ]
        done = subprocess.run(download, check=False)
        count = len(list(Path(folder).glob("*.whl")))
    if done.returncode == 0:
        print(f"{machine}: wheels for all {count} packages")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

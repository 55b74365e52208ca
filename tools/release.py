"""Makes everything of a release in dist/, and tries it; publishes nothing.

    make release                                   # signs the chart with a key made for this once
    make release SIGN_KEY='Name <mail>' KEYRING=~/.gnupg/secring.gpg

Wheel and sdist, the bill of materials of the image's environment, the chart with its provenance,
and the checksums of all. Steps that check come right after what they check.
"""

import argparse
import filecmp
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sbom import write_bill

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
CHART = ROOT / "charts" / "purreal-operator"
IMAGE_EXTRAS = frozenset({"operator", "kubectl", "speed"})
"""What the Dockerfile installs."""
TRIED_EXTRAS = "runner,embedded,kubectl,operator"
ONCE = "purreal release that was signed for a trial"
TINY = """
apiVersion: purreal.dev/v1alpha1
kind: PoolLoadTest
metadata: {name: tried}
spec:
  pool: {minSize: 1, maxSize: 4}
  workload: {type: Mix, mix: [{name: read, query: RETURN 1}]}
  load: {closed: {workers: 2}, stop: {operations: 50}}
"""


def main() -> int:
    """Make a release; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make all files of a release in dist/.")
    parser.add_argument("--sign-key", metavar="NAME", help="the key that signs the chart")
    parser.add_argument("--keyring", type=Path, metavar="FILE", help="where its secret half is")
    parser.add_argument("--helm", default="helm", metavar="PROGRAM")
    args = parser.parse_args()
    if (args.sign_key is None) != (args.keyring is None):
        parser.error("--sign-key and --keyring belong together")
    missing = [each for each in (args.helm, "gpg", "git") if shutil.which(each) is None]
    if missing:
        parser.error(f"a release needs {', '.join(missing)} on PATH")
    shutil.rmtree(DIST, ignore_errors=True)
    when = int(_output("git", "log", "-1", "--format=%ct"))
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build(Path(scratch), when)
        try_out(wheel, Path(scratch))
        bill(wheel, Path(scratch), when)
        package_chart(args.helm, args.sign_key, args.keyring, Path(scratch))
    write_checksums()
    return 0


def build(scratch: Path, when: int) -> Path:
    """Build the sdist, and from it the wheel; check both. The same commit gives the same bytes."""
    _say("wheel and sdist")
    environment = {"SOURCE_DATE_EPOCH": str(when)}
    _python("-m", "build", "--outdir", str(DIST), environment=environment)
    _python("-m", "build", "--outdir", str(scratch / "again"), environment=environment)
    files = sorted(DIST.iterdir())
    for file in files:
        if not filecmp.cmp(file, scratch / "again" / file.name, shallow=False):
            raise SystemExit(f"{file.name}: a second build gave other bytes")
    names = [str(file) for file in files]
    _python("-m", "twine", "check", "--strict", *names)
    _python("-m", "check_wheel_contents", "--toplevel", _PACKAGES, *_only(names, ".whl"))
    return Path(*_only(names, ".whl"))


_PACKAGES = "purreal,purreal_kubectl,purreal_operator,purreal_runner"


def try_out(wheel: Path, scratch: Path) -> None:
    """Install the wheel in fresh environments, and use it as its users do."""
    _say("trying the wheel in a fresh environment")
    bare = _environment(scratch / "bare", str(wheel))
    _run(str(bare / "python"), "-c", "import purreal; purreal.SurrealDBConnectionPool")
    full = _environment(scratch / "full", f"{wheel}[{TRIED_EXTRAS}]")
    document = scratch / "tried.yaml"
    document.write_text(TINY)
    for command in (
        ("purreal", "--version"),
        ("purreal", "validate", str(document)),
        ("purreal", "run", str(document)),
        ("purreal-operator", "--help"),
        ("kubectl-purreal", "--version"),
    ):
        _run(str(full / command[0]), *command[1:], where=scratch)


def bill(wheel: Path, scratch: Path, when: int) -> None:
    """Write what the image has in its Python environment."""
    _say("bill of materials")
    extras = ",".join(sorted(IMAGE_EXTRAS))
    programs = _environment(scratch / "image", f"{wheel}[{extras}]", pip=False)
    (site_packages,) = programs.parent.glob("lib/python*/site-packages")
    file = DIST / f"{wheel.name.split('-py3')[0]}.spdx.json"
    count = write_bill(
        site_packages, "purreal", IMAGE_EXTRAS, datetime.fromtimestamp(when, UTC), file
    )
    print(f"{file.name}: {count} packages")


def package_chart(helm: str, key: str | None, keyring: Path | None, scratch: Path) -> None:
    """Package the chart with its provenance, and verify that as its users do."""
    _say("chart")
    public = keyring
    if key is None or keyring is None:
        print("no SIGN_KEY: signed with a key that nobody keeps, which proves nothing to users")
        key, keyring, public = ONCE, *_keys_for_once(scratch)
    signing = ("--sign", "--key", key, "--keyring", str(keyring))
    _run(helm, "package", str(CHART), "--destination", str(DIST), *signing)
    for package in DIST.glob("*.tgz"):
        _run(helm, "verify", str(package), "--keyring", str(public))


def _keys_for_once(scratch: Path) -> tuple[Path, Path]:
    """The files of a new key: its secret and its public half."""
    home = scratch / "gnupg"
    home.mkdir(mode=0o700)
    gpg = ("gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback")
    making = ("--passphrase", "", "--quick-generate-key", ONCE, "rsa3072", "sign", "1d")
    _run(*gpg, *making)
    files = scratch / "secret.gpg", scratch / "public.gpg"
    _run(*gpg, "--passphrase", "", "--output", str(files[0]), "--export-secret-keys")
    _run(*gpg, "--output", str(files[1]), "--export")
    _run("gpgconf", "--homedir", str(home), "--kill", "all")
    return files


def write_checksums() -> None:
    """Write SHA256SUMS, as `sha256sum --check` reads it."""
    files = sorted(file for file in DIST.iterdir() if file.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in files]
    (DIST / "SHA256SUMS").write_text("\n".join(lines) + "\n")
    _say("made")
    print("\n".join(lines))


def _environment(folder: Path, package: str, *, pip: bool = True) -> Path:
    """A fresh environment with one package; returns the folder of its programs."""
    venv.create(folder, with_pip=pip)
    programs = folder / "bin"
    _python(
        "-m", "pip", "--python", str(programs / "python"), "install", "--quiet",
        "--disable-pip-version-check", package,
    )  # fmt: skip
    return programs


def _only(names: list[str], end: str) -> list[str]:
    return [name for name in names if name.endswith(end)]


def _python(*arguments: str, environment: Mapping[str, str] | None = None) -> None:
    _run(sys.executable, *arguments, environment=environment)


def _run(*command: str, where: Path = ROOT, environment: Mapping[str, str] | None = None) -> None:
    print("+", " ".join(Path(command[0]).name if i == 0 else w for i, w in enumerate(command)))
    sys.stdout.flush()
    done = subprocess.run(
        command, cwd=where, env={**os.environ, **(environment or {})}, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{Path(command[0]).name} ended with exit code {done.returncode}")


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def _say(step: str) -> None:
    print(f"\n== {step}")


if __name__ == "__main__":
    sys.exit(main())

"""Makes everything of a release in dist/, and tries it; publishes nothing.

    make release                                   # signs the chart with a key made for this once
    make release SIGN_KEY='Name <mail>' KEYRING=~/.gnupg/secring.gpg

Wheel and sdist, the bill of materials of the image's environment, the chart with its provenance,
and the checksums of all: of the last commit, whatever else lies in the checkout. Steps that check
come right after what they check.
"""

import argparse
import filecmp
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from installed import installed
from sbom import write_bill

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
PACKAGES = ("purreal", "purreal_kubectl", "purreal_operator", "purreal_runner")
IMAGE_EXTRAS = ("operator", "kubectl", "speed")
"""What the Dockerfile installs."""
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
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        source = last_commit(scratch)
        wheel = build(source, scratch, when)
        programs = bill(wheel, scratch, when)
        try_out(wheel, programs, source, scratch)
        package_chart(source, args.helm, args.sign_key, args.keyring, scratch)
    write_checksums()
    return 0


def last_commit(scratch: Path) -> Path:
    """Unpack the files of the last commit, so that no others get into the release."""
    commit = _output("git", "log", "-1", "--format=%h %s").strip()
    _say(f"files of {commit}")
    if left_out := _output("git", "status", "--porcelain").splitlines():
        print(f"what is not committed is left out: {len(left_out)} files")
    archive, source = scratch / "source.tar", scratch / "source"
    _run("git", "archive", "--output", str(archive), "HEAD")
    with tarfile.open(archive) as files:
        files.extractall(source, filter="data")
    return source


def build(source: Path, scratch: Path, when: int) -> Path:
    """Build the sdist, and from it the wheel; check both. The same commit gives the same bytes."""
    _say("wheel and sdist")
    environment = {"SOURCE_DATE_EPOCH": str(when)}
    for folder in (DIST, scratch / "again"):
        _python("-m", "build", str(source), "--outdir", str(folder), environment=environment)
    files = sorted(DIST.iterdir())
    for file in files:
        if not filecmp.cmp(file, scratch / "again" / file.name, shallow=False):
            raise SystemExit(f"{file.name}: a second build gave other bytes")
    (wheel,) = (file for file in files if file.suffix == ".whl")
    _python("-m", "twine", "check", "--strict", *map(str, files))
    _python("-m", "check_wheel_contents", "--toplevel", ",".join(PACKAGES), str(wheel))
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())
    if missing := must_have(wheel) - names:
        raise SystemExit(f"{wheel.name} lacks {', '.join(sorted(missing))}")
    return wheel


def must_have(wheel: Path) -> set[str]:
    """What users would miss without an error: the marks of typed packages, and the licence."""
    distribution = "-".join(wheel.name.split("-")[:2])
    typed = {f"{package}/py.typed" for package in PACKAGES}
    return {f"{distribution}.dist-info/licenses/LICENSE", *typed}


def bill(wheel: Path, scratch: Path, when: int) -> Path:
    """Install what the image has, and write what that is; returns the folder of its programs."""
    _say("bill of materials")
    programs = _environment(scratch / "image")
    _install(programs, wheel, *IMAGE_EXTRAS)
    (site_packages,) = programs.parent.glob("lib/python*/site-packages")
    packages = installed(site_packages, PACKAGES[0], IMAGE_EXTRAS)
    file = DIST / f"{wheel.name.split('-py3')[0]}.spdx.json"
    write_bill(packages, PACKAGES[0], datetime.fromtimestamp(when, UTC), file)
    print(f"{file.name}: {len(packages)} packages")
    return programs


def try_out(wheel: Path, programs: Path, source: Path, scratch: Path) -> None:
    """Use the wheel as its users do: the library alone, and all commands with the engine."""
    _say("trying the wheel in fresh environments")
    bare = _environment(scratch / "bare")
    _install(bare, wheel)
    library = "import purreal; purreal.SurrealDBConnectionPool"
    _run(str(bare / "python"), "-c", library, where=scratch)
    _install(programs, wheel, "embedded")
    document = scratch / "tried.yaml"
    document.write_text(TINY)
    for command in (
        ("purreal", "--version"),
        ("purreal", "validate", str(source / "examples" / "loadtest.yaml")),
        ("purreal", "run", str(document)),
        ("purreal-operator", "--help"),
        ("kubectl-purreal", "--version"),
    ):
        _run(str(programs / command[0]), *command[1:], where=scratch)


def package_chart(
    source: Path, helm: str, key: str | None, keyring: Path | None, scratch: Path
) -> None:
    """Package the chart with its provenance, and verify that as its users do."""
    _say("chart")
    public = keyring
    if key is None or keyring is None:
        print("no SIGN_KEY: signed with a key that nobody keeps, which proves nothing to users")
        key, keyring, public = ONCE, *_keys_for_once(scratch)
    signing = ("--sign", "--key", key, "--keyring", str(keyring))
    chart = source / "charts" / "purreal-operator"
    _run(helm, "package", str(chart), "--destination", str(DIST), *signing)
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


def _environment(folder: Path) -> Path:
    """A fresh, empty environment; returns the folder of its programs."""
    venv.create(folder, with_pip=False, symlinks=True)
    return folder / "bin"


def _install(programs: Path, wheel: Path, *extras: str) -> None:
    package = f"{wheel}[{','.join(extras)}]" if extras else str(wheel)
    pip = ("-m", "pip", "--disable-pip-version-check", "--python", str(programs / "python"))
    _python(*pip, "install", "--quiet", "--no-compile", package)


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

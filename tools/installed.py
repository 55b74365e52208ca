"""Owns what the packages of an environment say of themselves; knows no form that tells it on.

Nothing is guessed: a licence or a name that a package does not say clearly is None.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_AS_SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
}
"""What older packages write in the field for a licence, where it can mean one licence only."""

_CLASSIFIERS = {
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""Those that mean one licence; "BSD License" and "Apache Software License" may mean several."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A package of an environment.

    Attributes:
        name: in canonical form.
        version: as the package says.
        summary: one line, or None.
        license: what it says, as an SPDX expression or in other words; None if it says nothing.
        author: the people or the organization that made it, without addresses; None if not said.
        needs: names of the packages there that it needs, in order.
    """

    name: str
    version: str
    summary: str | None
    license: str | None
    author: str | None
    needs: tuple[str, ...]


def installed(site_packages: Path, root: str, extras: Iterable[str]) -> dict[str, Installed]:
    """Read an environment.

    Args:
        site_packages: folder with the packages.
        root: the package that all others are there for.
        extras: of `root` that are installed.

    Returns:
        Each package under its canonical name, in order.
    """
    found = {
        canonicalize_name(each.metadata["Name"]): each
        for each in distributions(path=[str(site_packages)])
    }
    asked = {canonicalize_name(root): tuple(extras)}
    return {name: _read(name, found, asked.get(name, ())) for name in sorted(found)}


def _read(name: str, found: Mapping[str, Distribution], extras: tuple[str, ...]) -> Installed:
    distribution = found[name]
    needs = {
        canonicalize_name(requirement.name)
        for requirement in map(Requirement, distribution.requires or ())
        if _applies(requirement, extras)
    }
    return Installed(
        name=name,
        version=distribution.version,
        summary=distribution.metadata.get("Summary") or None,
        license=_license(distribution),
        author=_author(distribution),
        needs=tuple(sorted(needs & found.keys() - {name})),
    )


def _applies(requirement: Requirement, extras: tuple[str, ...]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _license(distribution: Distribution) -> str | None:
    metadata = distribution.metadata
    said = metadata.get("License-Expression") or metadata.get("License") or ""
    classifiers = [
        each for each in metadata.get_all("Classifier") or () if each.startswith("License ::")
    ]
    if "License-Expression" not in metadata and len(classifiers) == 1:
        said = _CLASSIFIERS.get(classifiers[0], said)
    is_whole_text = "\n" in said
    return None if not said or is_whole_text else _AS_SPDX.get(said, said)


def _author(distribution: Distribution) -> str | None:
    metadata = distribution.metadata
    said = (metadata.get(field) for field in ("Author", "Author-email"))
    maintained = (metadata.get(field) for field in ("Maintainer", "Maintainer-email"))
    for text in (*said, *maintained):
        name = re.sub(r'\s*<[^>]*>|"', "", text or "").strip()
        if name and "@" not in name:
            return " ".join(name.split())
    return None

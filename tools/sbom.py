"""Writes the bill of materials of an environment as SPDX 2.3; installs and judges nothing.

Reads what packages say of themselves (their metadata), so it needs no network. The same
environment gives the same bytes.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from spdx_tools.common.spdx_licensing import spdx_licensing
from spdx_tools.spdx.model import (
    Actor,
    ActorType,
    CreationInfo,
    Document,
    ExternalPackageRef,
    ExternalPackageRefCategory,
    Package,
    Relationship,
    RelationshipType,
    SpdxNoAssertion,
)
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
from spdx_tools.spdx.writer.json.json_writer import write_document_to_file

_NAMESPACE = "https://purreal.dev/spdx"
_DOCUMENT = "SPDXRef-DOCUMENT"
_MORE_LICENSES = {"Apache 2.0": "Apache-2.0", "Apache License 2.0": "Apache-2.0", "BSD": ""}


class InvalidBill(Exception):
    """The bill of materials does not follow the specification; says where."""


def write_bill(
    site_packages: Path, root: str, extras: frozenset[str], when: datetime, to: Path
) -> int:
    """Write what is installed in an environment.

    Args:
        site_packages: of the environment.
        root: the package that all others are there for.
        extras: of `root` that are installed.
        when: time of creation that the document tells.
        to: file to write, JSON.

    Returns:
        The number of packages.

    Raises:
        InvalidBill: the document would not be valid SPDX.
    """
    found = {
        canonicalize_name(each.metadata["Name"]): each
        for each in distributions(path=[str(site_packages)])
    }
    version = found[canonicalize_name(root)].version
    name = f"{root}-{version}"
    created = CreationInfo(
        spdx_version="SPDX-2.3",
        spdx_id=_DOCUMENT,
        name=name,
        document_namespace=f"{_NAMESPACE}/{name}",
        creators=[Actor(ActorType.TOOL, f"{root}-tools-sbom")],
        created=when.replace(tzinfo=None, microsecond=0),
    )
    document = Document(
        created,
        packages=[_package(found[each]) for each in sorted(found)],
        relationships=[
            Relationship(_DOCUMENT, RelationshipType.DESCRIBES, _id(root)),
            *_dependencies(found, root, extras),
        ],
    )
    problems = validate_full_spdx_document(document)
    if problems:
        raise InvalidBill("; ".join(problem.validation_message for problem in problems[:5]))
    write_document_to_file(document, str(to), validate=False)
    return len(found)


def _package(distribution: Distribution) -> Package:
    metadata = distribution.metadata
    name, version = canonicalize_name(metadata["Name"]), distribution.version
    purl = ExternalPackageRef(
        ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", f"pkg:pypi/{name}@{version}"
    )
    return Package(
        spdx_id=_id(name),
        name=name,
        version=version,
        download_location=SpdxNoAssertion(),
        supplier=_supplier(distribution),
        files_analyzed=False,
        license_concluded=SpdxNoAssertion(),
        license_declared=_license(distribution),
        copyright_text=SpdxNoAssertion(),
        summary=metadata.get("Summary") or None,
        external_references=[purl],
    )


def _supplier(distribution: Distribution) -> Actor | SpdxNoAssertion:
    metadata = distribution.metadata
    said = metadata.get("Author") or metadata.get("Maintainer") or ""
    if not said:  # newer packages name people with their addresses only
        said = (metadata.get("Author-email") or metadata.get("Maintainer-email") or "").split("<")[
            0
        ]
    name = " ".join(said.replace('"', "").split()).strip(" ,")
    return Actor(ActorType.PERSON, name) if name else SpdxNoAssertion()


def _license(distribution: Distribution):  # type: ignore[no-untyped-def]  # untyped in the library
    """The licence as SPDX names it; what is said in other words is not guessed at."""
    metadata = distribution.metadata
    said = metadata.get("License-Expression") or metadata.get("License") or ""
    said = _MORE_LICENSES.get(said, said)
    if not said or len(said) > 100 or "\n" in said:
        return SpdxNoAssertion()
    try:
        return spdx_licensing.parse(said, validate=True)
    except Exception:  # the library has many ways to say that it does not know one
        return SpdxNoAssertion()


def _dependencies(
    found: dict[str, Distribution], root: str, extras: frozenset[str]
) -> Iterator[Relationship]:
    for name, distribution in sorted(found.items()):
        asked = extras if name == canonicalize_name(root) else frozenset[str]()
        wanted = {
            canonicalize_name(requirement.name)
            for requirement in map(Requirement, distribution.requires or ())
            if _applies(requirement, asked)
        }
        for other in sorted(wanted & found.keys() - {name}):
            yield Relationship(_id(name), RelationshipType.DEPENDS_ON, _id(other))


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _id(name: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", canonicalize_name(name))

"""Owns the bill of materials of an environment, in SPDX 2.3; installs and judges nothing.

It tells what the packages say of themselves, so it needs no network. The same environment gives
the same bytes.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from installed import Installed
from license_expression import ExpressionError, ParseError
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


class InvalidBill(Exception):
    """The bill of materials does not follow the specification; says where."""


def write_bill(packages: Mapping[str, Installed], root: str, when: datetime, to: Path) -> None:
    """Write what is installed in an environment.

    Args:
        packages: all of them, by name.
        root: the one that all others are there for; it comes from no public index.
        when: time of creation that the document tells, in UTC.
        to: file to write, JSON.

    Raises:
        InvalidBill: the document would not be valid SPDX.
    """
    name = f"{root}-{packages[root].version}"
    document = Document(
        CreationInfo(
            spdx_version="SPDX-2.3",
            spdx_id=_DOCUMENT,
            name=name,
            document_namespace=f"{_NAMESPACE}/{name}-{_identity(packages.values(), when)}",
            creators=[Actor(ActorType.TOOL, f"{root}-tools-sbom")],
            created=when.replace(tzinfo=None, microsecond=0),
        ),
        packages=[_package(each, is_root=each.name == root) for each in packages.values()],
        relationships=[
            Relationship(_DOCUMENT, RelationshipType.DESCRIBES, _id(root)),
            *(
                Relationship(_id(each.name), RelationshipType.DEPENDS_ON, _id(other))
                for each in packages.values()
                for other in each.needs
            ),
        ],
    )
    problems = validate_full_spdx_document(document)
    if problems:
        raise InvalidBill("; ".join(problem.validation_message for problem in problems[:5]))
    write_document_to_file(document, str(to), validate=False)


def _identity(packages: Iterable[Installed], when: datetime) -> uuid.UUID:
    """One for each content: no two documents may have the same name."""
    content = [when.isoformat(), *(f"{each.name}@{each.version}" for each in packages)]
    return uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(content))


def _package(package: Installed, *, is_root: bool) -> Package:
    # `pypi` would name another project: that of the public index with the same name
    kind = "generic" if is_root else "pypi"
    purl = ExternalPackageRef(
        ExternalPackageRefCategory.PACKAGE_MANAGER,
        "purl",
        f"pkg:{kind}/{package.name}@{package.version}",
    )
    return Package(
        spdx_id=_id(package.name),
        name=package.name,
        version=package.version,
        download_location=SpdxNoAssertion(),
        # Packages do not say whether this is a person; most of those who say a name are one.
        supplier=Actor(ActorType.PERSON, package.author) if package.author else SpdxNoAssertion(),
        files_analyzed=False,
        license_concluded=SpdxNoAssertion(),
        license_declared=_license(package.license),
        copyright_text=SpdxNoAssertion(),
        summary=package.summary,
        external_references=[purl],
    )


def _license(said: str | None):  # type: ignore[no-untyped-def]  # untyped in the library
    """The licence as SPDX names it; what is said in other words is not guessed at."""
    if said is None:
        return SpdxNoAssertion()
    try:
        return spdx_licensing.parse(said, validate=True)
    except (ExpressionError, ParseError):
        return SpdxNoAssertion()


def _id(name: str) -> str:
    return f"SPDXRef-{name}"

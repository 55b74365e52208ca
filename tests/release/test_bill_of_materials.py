"""Owns the proof that the bill of materials is valid SPDX and tells what is there."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from installed import Installed, installed
from sbom import InvalidBill, write_bill
from spdx_tools.spdx.model import Document, Package, RelationshipType, SpdxNoAssertion
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

WHEN = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def bill(say: Callable[..., None], site_packages: Path, tmp_path: Path) -> Document:
    """Of a root with one dependency that says little."""
    say(
        "root",
        "1.0.0a1",
        "License-Expression: Apache-2.0",
        "Author: Ada",
        "Requires-Dist: Some_Library",
    )
    say("some-library", "2.1", "License: in words of its own")
    file = tmp_path / "bill.spdx.json"
    write_bill(installed(site_packages, "root", ()), "root", WHEN, file)
    return parse_file(str(file))


def package(bill: Document, name: str) -> Package:
    """The only one of a name."""
    (found,) = (each for each in bill.packages if each.name == name)
    return found


def test_it_is_valid(bill: Document) -> None:
    assert bill.creation_info.spdx_version == "SPDX-2.3"
    assert validate_full_spdx_document(bill) == []


def test_each_package_has_version_license_and_supplier(bill: Document) -> None:
    root = package(bill, "root")

    assert [each.name for each in bill.packages] == ["root", "some-library"]
    assert (root.version, str(root.license_declared)) == ("1.0.0a1", "Apache-2.0")
    assert root.supplier.to_serialized_string() == "Person: Ada"


def test_what_is_not_said_clearly_is_not_asserted(bill: Document) -> None:
    library = package(bill, "some-library")

    assert isinstance(library.license_declared, SpdxNoAssertion)
    assert isinstance(library.supplier, SpdxNoAssertion)


def test_the_root_is_not_taken_for_its_namesake_on_the_public_index(bill: Document) -> None:
    addresses = [each.external_references[0].locator for each in bill.packages]

    assert addresses == ["pkg:generic/root@1.0.0a1", "pkg:pypi/some-library@2.1"]


def test_it_tells_what_needs_what(bill: Document) -> None:
    relationships = {
        (each.spdx_element_id, each.relationship_type, each.related_spdx_element_id)
        for each in bill.relationships
    }

    assert relationships == {
        ("SPDXRef-DOCUMENT", RelationshipType.DESCRIBES, "SPDXRef-root"),
        ("SPDXRef-root", RelationshipType.DEPENDS_ON, "SPDXRef-some-library"),
    }


def written(file: Path, packages: dict[str, Installed]) -> bytes:
    """The bytes of a bill."""
    write_bill(packages, "root", WHEN, file)
    return file.read_bytes()


def a_package(name: str, version: str) -> Installed:
    """One that says nothing but its version."""
    return Installed(name, version, summary=None, license=None, author=None, needs=())


def test_the_same_environment_gives_the_same_bytes(tmp_path: Path) -> None:
    packages = {"root": a_package("root", "1")}

    assert written(tmp_path / "a", packages) == written(tmp_path / "b", packages)


def test_another_environment_gives_a_document_of_another_name(tmp_path: Path) -> None:
    root, files = a_package("root", "1"), (tmp_path / "a.json", tmp_path / "b.json")
    written(files[0], {"root": root, "library": a_package("library", "1")})
    written(files[1], {"root": root, "library": a_package("library", "2")})

    names = {parse_file(str(file)).creation_info.document_namespace for file in files}

    assert len(names) == 2


def test_no_invalid_bill_is_written(tmp_path: Path) -> None:
    packages = {"root": a_package("root", "1"), "no id": a_package("no id", "1")}

    with pytest.raises(InvalidBill, match="no id"):
        write_bill(packages, "root", WHEN, tmp_path / "bill.json")

    assert list(tmp_path.iterdir()) == []

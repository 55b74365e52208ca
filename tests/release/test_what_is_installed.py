"""Owns the proof that packages are read as they say, and that nothing is guessed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from installed import installed

MIT = "Classifier: License :: OSI Approved :: MIT License"
BSD = "Classifier: License :: OSI Approved :: BSD License"
APACHE = "Classifier: License :: OSI Approved :: Apache Software License"


@pytest.mark.parametrize(
    ("lines", "license_"),
    [
        ((), None),
        (("License-Expression: Apache-2.0 AND MIT",), "Apache-2.0 AND MIT"),
        (("License-Expression: ISC", MIT), "ISC"),
        (("License: Apache 2.0", APACHE), "Apache-2.0"),
        (("License: 3-Clause BSD License",), "BSD-3-Clause"),
        ((MIT,), "MIT"),
        (("License: see the file", MIT), "MIT"),
        ((BSD,), None),
        ((MIT, APACHE), None),
        (("License: All rights", "        reserved, and more"), None),
    ],
)
def test_a_license_is_told_where_a_package_says_one_clearly(
    say: Callable[..., None], site_packages: Path, lines: tuple[str, ...], license_: str | None
) -> None:
    say("root", "1", *lines)

    assert installed(site_packages, "root", ())["root"].license == license_


@pytest.mark.parametrize(
    ("lines", "author"),
    [
        ((), None),
        (("Author: Ada Lovelace",), "Ada Lovelace"),
        (("Author-email: Ada Lovelace <ada@example.org>",), "Ada Lovelace"),
        (('Author-email: "Ada, and others" <ada@example.org>',), "Ada, and others"),
        (("Author-email: Ada <a@example.org>, Charles <c@example.org>",), "Ada, Charles"),
        (("Maintainer: the team <team@example.org>",), "the team"),
        (("Author: ada@example.org", "Maintainer: Charles"), "Charles"),
        (("Author-email: ada@example.org",), None),
    ],
)
def test_an_author_is_told_without_addresses(
    say: Callable[..., None], site_packages: Path, lines: tuple[str, ...], author: str | None
) -> None:
    say("root", "1", *lines)

    assert installed(site_packages, "root", ())["root"].author == author


def test_a_package_needs_what_applies_here_and_is_there(
    say: Callable[..., None], site_packages: Path
) -> None:
    requirements = (
        "Always_There>=1",
        "with-extra; extra == 'wanted'",
        "other-extra; extra == 'unwanted'",
        "old-python; python_version < '3'",
        "absent",
    )
    say("root", "1", *(f"Requires-Dist: {each}" for each in requirements))
    for name in ("always-there", "with-extra", "other-extra", "old-python"):
        say(name, "1")

    packages = installed(site_packages, "root", ("wanted",))

    assert packages["root"].needs == ("always-there", "with-extra")
    assert len(packages) == 5

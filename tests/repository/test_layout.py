"""The layout that keeps imports sane: roots of packages are no packages themselves."""

import operator
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_standard_library_keeps_its_operator_module():
    assert operator.__file__ is not None
    assert operator.__file__.startswith(sysconfig.get_path("stdlib"))


@pytest.mark.parametrize("folder", ["kubectl", "operator", "runner", "tests"])
def test_roots_of_packages_have_no_init_file(folder):
    made_packages = [
        path.relative_to(ROOT)
        for path in (ROOT / folder).rglob("__init__.py")
        if folder == "tests" or path.parent == ROOT / folder
    ]

    assert made_packages == []

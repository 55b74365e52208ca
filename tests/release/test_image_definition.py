"""Owns the proof that bake and the bill of materials know the image that the Dockerfile makes."""

import re
from pathlib import Path

from release import IMAGE_EXTRAS

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
BAKE = (ROOT / "docker-bake.hcl").read_text(encoding="utf-8")


def test_the_bill_of_materials_is_of_the_extras_that_the_image_has() -> None:
    (installed,) = re.findall(r"install '\.\[([\w,]+)\]'", DOCKERFILE)

    assert set(installed.split(",")) == set(IMAGE_EXTRAS)


def test_the_image_depends_on_no_platform() -> None:
    assert re.findall(r"(?i)amd64|x86|arm|aarch64|TARGET(ARCH|PLATFORM)", DOCKERFILE) == []
    assert '["linux/amd64", "linux/arm64"]' in BAKE


def test_bake_sets_each_label_that_is_set_from_outside() -> None:
    labels = re.findall(r'image\.(version|revision)="\$\{(\w+)\}"', DOCKERFILE)

    assert dict(labels) == {"version": "VERSION", "revision": "REVISION"}
    for _, argument in labels:
        assert f"ARG {argument}=" in DOCKERFILE
        assert f"{argument} = {argument}" in BAKE

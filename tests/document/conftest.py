"""Makes documents for tests: a valid one as text, with changes."""

from collections.abc import Callable

import pytest

from purreal_runner.document import InvalidDocument, PoolLoadTest, parse_document

VALID = """\
apiVersion: purreal.dev/v1alpha1
kind: PoolLoadTest
metadata: {name: checkout-500}
spec:
  load: {closed: {workers: 500}, stop: {operations: 5000}}
"""


@pytest.fixture
def document() -> Callable[[str], PoolLoadTest]:
    """Parse the smallest valid document with more lines of the spec."""

    def parse(spec: str = "") -> PoolLoadTest:
        return parse_document(VALID + spec, "loadtest.yaml")

    return parse


@pytest.fixture
def problems() -> Callable[[str], list[str]]:
    """Return the lines that a wrong document is answered with."""

    def parse(text: str) -> list[str]:
        with pytest.raises(InvalidDocument) as caught:
            parse_document(text, "loadtest.yaml")
        return str(caught.value).splitlines()

    return parse

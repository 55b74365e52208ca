"""Turns YAML or JSON text into PyYAML's nodes; knows neither their meaning nor any field."""

import json
from typing import Any

import yaml
from yaml.composer import Composer, ComposerError
from yaml.nodes import Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from purreal_runner.document.fields import Path
from purreal_runner.document.problems import Problem, field_name
from purreal_runner.document.yaml_scalars import resolve_plain

DEEPEST_NESTING = 64

TAG = "tag:yaml.org,2002:"
PLAIN = "plain"
"""The tag of a scalar without quotes and without a tag: its text decides what it is."""


class Unreadable(Exception):
    """Text that holds no usable tree; carries the problem."""

    def __init__(self, line: int, column: int, path: Path, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(line, column, field_name(path), message)


class _Loader(Reader, Scanner, Parser, Composer):
    """PyYAML's reader up to nodes, with our meaning of scalars and a limit on nesting."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        self._depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise ComposerError(None, None, f"more than {DEEPEST_NESTING} levels of nesting", mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def compose_scalar_node(self, anchor: Any) -> ScalarNode:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if event.tag == "!":  # "not what it looks like, but text"; PyYAML would resolve it
            event.implicit = (False, True)
        return super().compose_scalar_node(anchor)

    def descend_resolver(self, parent: Node | None, index: Any) -> None:
        """Paths have no meaning for tags here."""

    def ascend_resolver(self) -> None:
        """Paths have no meaning for tags here."""

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> str:
        if kind is ScalarNode:
            return PLAIN if implicit[0] else TAG + "str"
        return TAG + ("seq" if kind is SequenceNode else "map")


def compose(text: str) -> list[Node]:
    """Return the root nodes of all documents but the empty ones, which kubectl skips, too.

    Raises:
        Unreadable: not YAML.
    """
    try:
        loader = _Loader(_without_json_tabs(text))
        roots: list[Node] = []
        while loader.check_node():
            node = loader.get_node()
            if node is not None and not _is_null(node):
                roots.append(node)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        words = f"is not YAML: the character U+{int(error.character):04X} is not allowed"
        raise Unreadable(line, 0, (), words) from error
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error) from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise Unreadable(1, 1, (), f"is not YAML: {error}") from error
    return roots


def _not_yaml(error: yaml.MarkedYAMLError) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    words = ", ".join(part for part in (error.context, error.problem) if part)
    return Unreadable(line, column, (), f"is not YAML: {words} (column {column})")


def _without_json_tabs(text: str) -> str:
    """JSON may be indented with tabs, YAML may not; places stay the same."""
    if "\t" not in text or not text.lstrip().startswith("{"):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text.replace("\t", " ")


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == PLAIN and resolve_plain(node.value) is None


def place_of(node: Node) -> tuple[int, int]:
    """Return where a node begins: line and column, from 1."""
    return (node.start_mark.line + 1, node.start_mark.column + 1)

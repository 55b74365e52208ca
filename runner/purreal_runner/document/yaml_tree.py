"""Turns YAML or JSON text into plain data with the line and column of every field.

Reads as kubectl does, but refuses duplicate keys; knows nothing of the document's fields.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.composer import Composer, ComposerError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from purreal_runner.document.fields import Path
from purreal_runner.document.problems import Problem, field_name
from purreal_runner.document.yaml_scalars import Scalar, resolve_plain

DEEPEST_NESTING = 64
MOST_VALUES = 100_000

_TAG = "tag:yaml.org,2002:"
_PLAIN = "plain"
_MERGE = "<<"


class Unreadable(Exception):
    """Text that holds no usable tree; carries the problem."""

    def __init__(self, line: int, column: int, path: Path, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(line, column, field_name(path), message)


@dataclass(slots=True)
class Tree:
    """Plain data, the place (line, column, from 1) of each path, and what is wrong already."""

    data: Any = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> tuple[int, int]:
        """Return the place of a field, or of the nearest thing around it that is written."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return (1, 1)


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
            return _PLAIN if implicit[0] else _TAG + "str"
        return _TAG + ("seq" if kind is SequenceNode else "map")


def read_tree(text: str) -> Tree:
    """Read the one document in `text`.

    Raises:
        Unreadable: not YAML, no document, or more than one.
    """
    roots = _compose(text)
    if not roots:
        raise Unreadable(0, 0, (), "holds no document")
    if len(roots) > 1:
        line, column = _place(roots[1])
        words = f"holds {len(roots)} documents; write one PoolLoadTest per file"
        raise Unreadable(line, column, (), words)
    return _TreeBuilder().build(roots[0])


def _compose(text: str) -> list[Node]:
    """Return the root nodes of all documents but the empty ones, which kubectl skips, too."""
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
    return isinstance(node, ScalarNode) and node.tag == _PLAIN and resolve_plain(node.value) is None


def _place(node: Node) -> tuple[int, int]:
    return (node.start_mark.line + 1, node.start_mark.column + 1)


class _TreeBuilder:
    """Builds one tree from its nodes; bounded in depth and size, also when aliases repeat."""

    def __init__(self) -> None:
        self._tree = Tree()
        self._values = 0
        self._open: list[Node] = []

    def build(self, root: Node) -> Tree:
        self._tree.places[()] = _place(root)
        self._tree.data = self._value(root, ())
        return self._tree

    def _value(self, node: Node, path: Path) -> Any:
        self._values += 1
        if self._values > MOST_VALUES:
            raise Unreadable(*_place(node), path, f"more than {MOST_VALUES} values")
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if any(node is parent for parent in self._open) or len(self._open) > DEEPEST_NESTING:
            raise Unreadable(*_place(node), path, "an alias contains itself or nests too deeply")
        self._open.append(node)
        value = (
            self._mapping(node, path)
            if isinstance(node, MappingNode)
            else self._sequence(node, path)
        )
        self._open.pop()
        return value

    def _scalar(self, node: ScalarNode, path: Path) -> Scalar:
        if node.tag in (_TAG + "str", _TAG + "timestamp"):
            return _joined_surrogates(node.value)
        value = resolve_plain(node.value)
        fits = {
            _PLAIN: True,
            _TAG + "int": type(value) is int,
            _TAG + "float": type(value) in (int, float),
            _TAG + "bool": type(value) is bool,
            _TAG + "null": value is None,
        }
        if not fits.get(node.tag, False):
            self._refuse(node, path, f"the tag {_short(node.tag)} can't be used here")
        elif isinstance(value, float) and (value != value or abs(value) == float("inf")):
            self._refuse(node, path, f"{node.value} is no number that JSON knows")
        return value

    def _sequence(self, node: Node, path: Path) -> list[Any]:
        if node.tag != _TAG + "seq":
            self._refuse(node, path, f"the tag {_short(node.tag)} can't be used here")
        items: list[Any] = []
        for position, item in enumerate(node.value):
            self._tree.places[*path, position] = _place(item)
            items.append(self._value(item, (*path, position)))
        return items

    def _mapping(self, node: Node, path: Path) -> dict[str, Any]:
        if node.tag != _TAG + "map":
            self._refuse(node, path, f"the tag {_short(node.tag)} can't be used here")
        entries: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            if _is_merge(key_node):
                entries |= self._merged(value_node, path)
                continue
            key = self._key(key_node, path)
            line, column = _place(key_node)
            if key in first:
                words = f"is written twice, first in line {first[key]}"
                self._tree.problems.append(Problem(line, column, field_name((*path, key)), words))
                continue
            first[key] = line
            self._tree.places[*path, key] = (line, column)
            entries[key] = self._value(value_node, (*path, key))
        return entries

    def _merged(self, node: Node, path: Path) -> dict[str, Any]:
        """Return what `<<` adds; of several mappings the first has the last word."""
        sources = list(reversed(node.value)) if isinstance(node, SequenceNode) else [node]
        entries: dict[str, Any] = {}
        for source in sources:
            if not isinstance(source, MappingNode):
                raise Unreadable(*_place(source), path, "<< needs a mapping, or a list of them")
            entries |= self._value(source, path)
        return entries

    def _key(self, node: Node, path: Path) -> str:
        if not isinstance(node, ScalarNode):
            raise Unreadable(*_place(node), path, "a list or mapping can't be a field name")
        value = self._scalar(node, path)
        if value is None:
            raise Unreadable(*_place(node), path, "a field name can't be empty")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _refuse(self, node: Node, path: Path, words: str) -> None:
        self._tree.problems.append(Problem(*_place(node), field_name(path), words))


def _is_merge(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == _PLAIN and node.value == _MERGE


def _short(tag: str) -> str:
    return tag.replace(_TAG, "!!")


def _joined_surrogates(text: str) -> str:
    r"""Join the halves of characters that JSON writes as two escapes, such as \ud83d\ude00."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

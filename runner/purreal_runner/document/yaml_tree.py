"""Turns YAML or JSON text into plain data with the line and column of every field.

Reads as kubectl does, but refuses duplicate keys; knows nothing of the document's fields.
"""

from dataclasses import dataclass, field
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from purreal_runner.document.fields import Path
from purreal_runner.document.problems import Problem, field_name
from purreal_runner.document.yaml_nodes import (
    DEEPEST_NESTING,
    PLAIN,
    TAG,
    Unreadable,
    compose,
    place_of,
)
from purreal_runner.document.yaml_scalars import Scalar, resolve_plain

MOST_VALUES = 100_000

_MERGE = "<<"


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


def read_tree(text: str) -> Tree:
    """Read the one document in `text`.

    Raises:
        Unreadable: not YAML, no document, or more than one.
    """
    roots = compose(text)
    if not roots:
        raise Unreadable(0, 0, (), "holds no document")
    if len(roots) > 1:
        line, column = place_of(roots[1])
        words = f"holds {len(roots)} documents; write one PoolLoadTest per file"
        raise Unreadable(line, column, (), words)
    return _TreeBuilder().build(roots[0])


class _TreeBuilder:
    """Builds one tree from its nodes; bounded in depth and size, also when aliases repeat."""

    def __init__(self) -> None:
        self._tree = Tree()
        self._values = 0
        self._open: list[Node] = []

    def build(self, root: Node) -> Tree:
        self._tree.places[()] = place_of(root)
        self._tree.data = self._value(root, ())
        return self._tree

    def _value(self, node: Node, path: Path) -> Any:
        self._values += 1
        if self._values > MOST_VALUES:
            raise Unreadable(*place_of(node), path, f"more than {MOST_VALUES} values")
        if isinstance(node, ScalarNode):
            return self._scalar(node, path)
        if any(node is parent for parent in self._open) or len(self._open) > DEEPEST_NESTING:
            raise Unreadable(*place_of(node), path, "an alias contains itself or nests too deeply")
        self._open.append(node)
        value = (
            self._mapping(node, path)
            if isinstance(node, MappingNode)
            else self._sequence(node, path)
        )
        self._open.pop()
        return value

    def _scalar(self, node: ScalarNode, path: Path) -> Scalar:
        if node.tag in (TAG + "str", TAG + "timestamp"):
            return _joined_surrogates(node.value)
        value = resolve_plain(node.value)
        fits = {
            PLAIN: True,
            TAG + "int": type(value) is int,
            TAG + "float": type(value) in (int, float),
            TAG + "bool": type(value) is bool,
            TAG + "null": value is None,
        }
        if not fits.get(node.tag, False):
            self._refuse(node, path, f"the tag {_short(node.tag)} can't be used here")
        elif isinstance(value, float) and (value != value or abs(value) == float("inf")):
            self._refuse(node, path, f"{node.value} is no number that JSON knows")
        return value

    def _sequence(self, node: Node, path: Path) -> list[Any]:
        if node.tag != TAG + "seq":
            self._refuse(node, path, f"the tag {_short(node.tag)} can't be used here")
        items: list[Any] = []
        for position, item in enumerate(node.value):
            self._tree.places[*path, position] = place_of(item)
            items.append(self._value(item, (*path, position)))
        return items

    def _mapping(self, node: Node, path: Path) -> dict[str, Any]:
        if node.tag != TAG + "map":
            self._refuse(node, path, f"the tag {_short(node.tag)} can't be used here")
        entries: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            if _is_merge(key_node):
                entries |= self._merged(value_node, path)
                continue
            key = self._key(key_node, path)
            line, column = place_of(key_node)
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
                raise Unreadable(*place_of(source), path, "<< needs a mapping, or a list of them")
            entries |= self._value(source, path)
        return entries

    def _key(self, node: Node, path: Path) -> str:
        if not isinstance(node, ScalarNode):
            raise Unreadable(*place_of(node), path, "a list or mapping can't be a field name")
        value = self._scalar(node, path)
        if value is None:
            raise Unreadable(*place_of(node), path, "a field name can't be empty")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _refuse(self, node: Node, path: Path, words: str) -> None:
        self._tree.problems.append(Problem(*place_of(node), field_name(path), words))


def _is_merge(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == PLAIN and node.value == _MERGE


def _short(tag: str) -> str:
    return tag.replace(TAG, "!!")


def _joined_surrogates(text: str) -> str:
    r"""Join the halves of characters that JSON writes as two escapes, such as \ud83d\ude00."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

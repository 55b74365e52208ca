"""Owns elements of XML and HTML whose text can't become markup; knows no page and no report."""

import re
from typing import TypeAlias
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

Child: TypeAlias = "Element | str"

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may have, not even as a reference."""


def element(tag: str, *children: Child, **attributes: str) -> Element:
    """An element with its children in order.

    Args:
        tag: its name.
        children: elements, and text that means itself whatever it holds.
        attributes: `class_` stands for `class`, any other `_` for `-`.
    """
    made = Element(tag, {_attribute(name): legal(value) for name, value in attributes.items()})
    for child in children:
        if not isinstance(child, str):
            made.append(child)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + legal(child)
        else:
            made.text = (made.text or "") + legal(child)
    return made


def _attribute(name: str) -> str:
    return name.removesuffix("_").replace("_", "-")


def legal(text: str) -> str:
    """Text with a mark in place of each character that no document may have."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def html_document(root: Element) -> str:
    """The whole file."""
    return f"<!DOCTYPE html>\n{ElementTree.tostring(root, encoding='unicode', method='html')}\n"

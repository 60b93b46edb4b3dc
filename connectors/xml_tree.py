"""XML as trees of texts: read so that it cannot hurt, written so that it can be read back.

A tree maps the names inside an element to their text, to a tree, or, where a name comes again, to a list of these. Attributes, comments
and text beside elements are left out. Read by the standard library's expat: refusing every DOCTYPE takes entities and outside files with
it, and its handlers count elements and depth as they come, which a library that only forbids entities (defusedxml) does not.
"""

from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from connectors.payload import Unusable

MOST_BYTES = 4 << 20
MOST_ELEMENTS = 200_000
DEEPEST = 32

Tree = dict[str, Any]

# what XML 1.0 cannot hold in any way of writing
_UNWRITABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])


def read_xml(body: bytes, root: str) -> Tree:
    """The tree inside the element `root`. Raises Unusable for all that is not XML in UTF-8, has another root, a DOCTYPE, more than
    DEEPEST levels, MOST_ELEMENTS elements or MOST_BYTES bytes."""
    if len(body) > MOST_BYTES:
        raise Unusable("too_large", "The XML is larger than any honest message: have it sent in pages.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable("not_utf8", "The XML is not written in UTF-8, which it has to be.") from None
    found = _parsed(text).get(root)
    if not isinstance(found, dict):
        raise Unusable("other_root", f"The XML is not a <{root}> with something in it.")
    return found


def write_xml(root: str, tree: Tree) -> bytes:
    """What is empty is left out, and so are characters that XML cannot hold."""
    return ('<?xml version="1.0" encoding="utf-8"?>' + (_written(root, tree) or f"<{root}/>")).encode()


def _written(name: str, value: Any) -> str:
    match value:
        case dict():
            inner = "".join([_written(key, inside) for key, inside in value.items()])
        case list() | tuple():
            return "".join([_written(name, inside) for inside in value])
        case _:
            # a bare carriage return would be read back as a line feed
            inner = escape(str(value).translate(_UNWRITABLE), {"\r": "&#13;"})
    return f"<{name}>{inner}</{name}>" if inner else ""


def _parsed(text: str) -> Tree:
    building = _Building()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = building.start, building.end
    parser.CharacterDataHandler = building.text
    parser.StartDoctypeDeclHandler, parser.XmlDeclHandler = _no_doctype, _only_utf8
    try:
        parser.Parse(text, True)
    except expat.ExpatError:
        raise Unusable("not_xml", "The payload is not the XML it should be (truncated or damaged): have it sent again.") from None
    return building.whole


def _no_doctype(*_: object) -> None:
    raise Unusable("doctype", "The XML has a DOCTYPE, which may hide anything: have it sent without.")


def _only_utf8(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding and encoding.lower() != "utf-8":
        raise Unusable("not_utf8", "The XML says that it is not written in UTF-8, which it has to be.")


class _Building:
    """The tree so far; the elements that are open, each with what is in it and its text."""

    def __init__(self) -> None:
        self.whole: Tree = {}
        self._open: list[tuple[Tree, list[str]]] = [(self.whole, [])]
        self._left = MOST_ELEMENTS

    def start(self, _name: str, _attributes: object) -> None:
        self._left -= 1
        if self._left < 0 or len(self._open) > DEEPEST:
            raise Unusable("too_large", "The XML has more elements, or deeper ones, than any honest message.")
        self._open.append(({}, []))

    def text(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, name: str) -> None:
        inner, texts = self._open.pop()
        around = self._open[-1][0]
        value = inner or "".join(texts).strip()
        if name not in around:
            around[name] = value
        elif isinstance(around[name], list):
            around[name].append(value)
        else:
            around[name] = [around[name], value]

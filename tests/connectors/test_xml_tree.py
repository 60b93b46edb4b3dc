"""XML: what is written is read back, and what could hurt is not read at all."""

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.payload import Unusable
from connectors.xml_tree import DEEPEST, Tree, read_xml, write_xml

steady = settings(derandomize=True, deadline=None, max_examples=100)
NAMES = st.sampled_from(["order", "orderLine", "备注", "a", "b.c", "d-e"])
CHARACTERS = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
TEXTS = st.text(CHARACTERS, min_size=1, max_size=12).filter(lambda text: text == text.strip())
TREES = st.recursive(
    TEXTS, lambda inner: st.dictionaries(NAMES, inner | st.lists(inner, min_size=2, max_size=3), min_size=1, max_size=3), max_leaves=8
)


@steady
@given(st.dictionaries(NAMES, TREES, min_size=1, max_size=3))
def test_what_is_written_is_read_back(tree: Tree) -> None:
    assert read_xml(write_xml("request", tree), "request") == tree


@steady
@given(st.text())
def test_any_text_becomes_xml_that_others_can_read(text: str) -> None:
    written = write_xml("request", {"name": text, "end": "."})

    assert ElementTree.fromstring(written).findtext("end") == "."
    assert read_xml(written, "request")["end"] == "."


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><r><x>&b;</x></r>', "doctype"),
        (b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r><x/></r>', "doctype"),
        (b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><x>&x;</x></r>', "doctype"),
        (b"<r><x>&nbsp;</x></r>", "not_xml"),
        (b"<r>" * (DEEPEST + 2), "too_large"),
        (b"<r>" + b"<x/>" * 200_001 + b"</r>", "too_large"),
        (b"<r><x>" + b"x" * (4 << 20) + b"</x></r>", "too_large"),
        ('<?xml version="1.0" encoding="GBK"?><r><x>茶</x></r>'.encode("gbk"), "not_utf8"),
        (b'<?xml version="1.0" encoding="GBK"?><r><x>tea</x></r>', "not_utf8"),
        ("<r><x>茶</x></r>".encode("utf-16"), "not_utf8"),
        (b"<r><x>\xed\xa0\x80</x></r>", "not_utf8"),
        (b"<r><x>\0</x></r>", "not_xml"),
        (b"<r><x>&#0;</x></r>", "not_xml"),
        (b"<r><x>&#xD800;</x></r>", "not_xml"),
        (b"<r><x></r>", "not_xml"),
        (b"<r/><r/>", "not_xml"),
        (b"<r/>", "other_root"),
        (b"<q><x/></q>", "other_root"),
        (b"", "not_xml"),
    ],
)
def test_xml_that_could_hurt_is_refused_with_a_reason(body: bytes, code: str) -> None:
    with pytest.raises(Unusable) as refused:
        read_xml(body, "r")

    assert refused.value.rejected.code == code
    assert refused.value.rejected.sentence.endswith(".")


def test_a_byte_order_mark_and_a_declaration_are_no_hindrance() -> None:
    assert read_xml(b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?><r><x> a </x><!-- b --><y><![CDATA[<c>]]></y></r>', "r") == {
        "x": "a",
        "y": "<c>",
    }

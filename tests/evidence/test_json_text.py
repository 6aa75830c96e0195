"""JSON with raw control characters and stray backslashes is mended; JSON stays as it is."""

import json

from hypothesis import given
from hypothesis import strategies as st

from hairpin.evidence.json_text import is_document, mended
from tests.rows import each_row

NAMES: dict[str, tuple[str, str]] = {
    "an escape character": ('["a\x1b[31m"]', "a\x1b[31m"),
    "a bell and a delete": ('["\x07\x7f"]', "\x07\x7f"),
    "an apostrophe as iproute2 before 5.0 writes it": (r"""["it\'s"]""", "it's"),
    "a byte that is no UTF-8, spelt": (r'["d\xff"]', r"d\xff"),
    "the same behind an escaped backslash": (r'["d\\\xff"]', r"d\\xff"),
    "an incomplete escape": (r'["\u12"]', r"\u12"),
    "a quote": (r'["b\"q\\z"]', 'b"q\\z'),
}


@each_row(("text", "name"), NAMES.values(), ids=NAMES)
def test_mended(text: str, name: str) -> None:
    assert json.loads(mended(text)) == [name]


@given(name=st.text(), ensure_ascii=st.booleans())
def test_json_stays_as_it_is(name: str, *, ensure_ascii: bool) -> None:
    text = json.dumps([{name: name}], indent=1, ensure_ascii=ensure_ascii)
    assert json.loads(mended(text)) == [{name: name}]


def test_only_tools_write_documents() -> None:
    assert is_document("ip-addr", ' [{"ifname":"lo"}]')
    assert not is_document("ip-addr", "1: lo: <LOOPBACK>")
    assert not is_document("file", "[main]")

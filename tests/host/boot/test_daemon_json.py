"""An option is set, changed and taken out, and the rest of daemon.json keeps its form."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.host.boot.daemon_json import merged_options, with_option, without_option
from tests.rows import each_row

FILE = '{\n    "log-opts": {"max-size": "10m", "a,b": "}"},\n\t"hosts" : [ "fd://" ],\n    "iptables": false\n}'

SET: dict[str, tuple[str, str, object, str | None]] = {
    "one more, as the others": (FILE, "ipv6", True, FILE.replace("false\n", 'false,\n    "ipv6": true\n')),
    "another value": (FILE, "iptables", True, FILE.replace("false", "true")),
    "another list": (FILE, "hosts", [], FILE.replace('[ "fd://" ]', "[]")),
    "on one line": ('{"a": 1}\n', "b", "x", '{"a": 1, "b": "x"}\n'),
    "the first": ("{}\n", "b", 1, '{\n  "b": 1\n}\n'),
    "of an empty file": ("", "b", 1, '{\n  "b": 1\n}\n'),
    "named twice": ('{"b": 1, "b": 2}', "b", 3, None),
    "no JSON": ('{"b": 1,}', "b", 3, None),
    "no object": ("[1]", "b", 3, None),
}
GONE: dict[str, tuple[str, str, str | None]] = {
    "the first": (FILE, "log-opts", FILE.replace('"log-opts": {"max-size": "10m", "a,b": "}"},\n\t', "")),
    "in the middle": (FILE, "hosts", FILE.replace('"hosts" : [ "fd://" ],\n    ', "")),
    "the last": (FILE, "iptables", FILE.replace(',\n    "iptables": false', "")),
    "the only one": ('{\n  "a": {}\n}\n', "a", "{}\n"),
    "none of that name": (FILE, "max-size", None),
}


@each_row(("text", "name", "value", "wanted"), SET.values(), ids=SET)
def test_an_option_is_set(text: str, name: str, value: object, wanted: str | None) -> None:
    made = with_option(text, name, value)
    assert made == wanted
    if made is not None:
        assert json.loads(made)[name] == value
        assert with_option(made, name, value) == made


@each_row(("text", "name", "wanted"), GONE.values(), ids=GONE)
def test_an_option_is_taken_out(text: str, name: str, wanted: str | None) -> None:
    made = without_option(text, name)
    assert made == wanted
    if made is not None:
        assert name not in json.loads(made)
        assert without_option(made, name) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=5,
)  # fmt: skip


@given(
    held=st.dictionaries(st.text(max_size=4), VALUES, max_size=4),
    name=st.text(max_size=4),
    value=VALUES,
    indent=st.sampled_from((None, 0, 2, "\t")),
)
def test_all_other_options_stay(held: dict[str, object], name: str, value: object, indent: int | str | None) -> None:
    text = json.dumps(held, indent=indent)
    made = with_option(text, name, value)
    assert made is not None
    assert list(json.loads(made).items()) == list({**held, name: value}.items())
    if name not in held and held:
        assert without_option(made, name) == text


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    (
        ('{"iptables":false}\n', "{}\n", FILE.replace(',\n    "iptables": false', "")),
        ('{"iptables":false}', '{"iptables":false,"ipv6":true}', FILE.replace("false\n", 'false,\n    "ipv6": true\n')),
        ('{"iptables":true}', "{}", None),
        ("no JSON", "{}", None),
    ),
)
def test_the_whole_file_is_merged_with_what_evidence_has_of_it(before: str, after: str, wanted: str | None) -> None:
    assert merged_options(FILE, before, after) == wanted

import pytest

from hairpin.errors import MalformedError
from hairpin.netfilter.nft.syntax import (
    Json,
    brief,
    content,
    element_value,
    elements_of,
    integer,
    list_of,
    named,
    object_of,
    pair,
    single,
    string,
    words,
)
from tests.rows import each_row


def test_an_expression_is_named_by_its_only_key() -> None:
    assert single({"accept": None}) == ("accept", None)
    assert named({"accept": None}) == "accept"
    assert named("accept") is None
    assert content({"meta": {"key": "mark"}}) == {"key": "mark"}
    assert content({"reject": None}) == {}


@each_row("value", (5, [], {}, {"a": 1, "b": 2}, None))
def test_an_object_without_a_name_is_malformed(value: Json) -> None:
    with pytest.raises(MalformedError):
        single(value)


@pytest.mark.parametrize(
    ("value", "expected"), ((None, ()), ("random", ("random",)), (["random", "persistent"], ("random", "persistent")))
)
def test_flags_come_alone_or_as_a_list(value: Json, expected: tuple[str, ...]) -> None:
    assert words(value) == expected


def test_an_elements_comment_and_timeout_are_not_its_value() -> None:
    assert element_value({"elem": {"val": "10.0.0.1", "timeout": 30, "comment": "x"}}) == "10.0.0.1"
    assert element_value({"prefix": {"addr": "10.0.0.0", "len": 8}}) == {"prefix": {"addr": "10.0.0.0", "len": 8}}
    assert pair([{"elem": {"val": 80, "comment": "web"}}, {"accept": None}]) == (80, {"accept": None})
    assert elements_of({"set": [80, 443]}) == [80, 443]
    assert elements_of({"set": 80}) == [80]


def test_required_forms_are_checked() -> None:
    with pytest.raises(MalformedError, match="expected an object, found 5"):
        object_of(5)
    with pytest.raises(MalformedError, match="expected a list, found 'x'"):
        list_of("x")
    with pytest.raises(MalformedError, match="'name' should be a string, found None"):
        string({}, "name")
    with pytest.raises(MalformedError, match="'handle' should be a number, found True"):
        integer({"handle": True}, "handle")
    with pytest.raises(MalformedError, match="expected a key and a value, found list of 1"):
        pair([1])
    assert list_of(None) == []
    assert integer({}, "handle") is None
    assert len(brief("x" * 500)) < 70

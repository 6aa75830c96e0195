import msgspec
import pytest

from hairpin.errors import MalformedError, ParseError
from hairpin.message import message
from hairpin.netfilter.ir import Element, Jump, Map, NameKey, NatElement, NumberKey, Set, Table, Verdict, VerdictElement
from hairpin.netfilter.nft.fields import Operand
from hairpin.netfilter.nft.listing import parse
from hairpin.netfilter.nft.sets import (
    NOT_LISTED,
    UPDATED_BY_RULES,
    asked_line,
    concatenated,
    element,
    keys,
    kinds_of,
    named_map,
    named_set,
    nat_elements,
    nat_target,
    plain_fields,
    together,
    verdict,
    verdict_elements,
)
from hairpin.netfilter.nft.syntax import Json, Object
from tests.rows import each_row


def address(last: int) -> NumberKey:
    return NumberKey(0x0A000000 | last, 0x0A000000 | last)


SADDR: Json = {"payload": {"protocol": "ip", "field": "saddr"}}
SETS: dict[str, tuple[Object, Set]] = {
    "addresses": (
        {"name": "s", "type": "ipv4_addr", "elem": ["10.0.0.1", {"prefix": {"addr": "10.1.0.0", "len": 16}}]},
        Set("s", "ipv4_addr", (Element((address(1),)), Element((NumberKey(0x0A010000, 0x0A01FFFF),)))),
    ),
    "empty": ({"name": "s", "type": "mark"}, Set("s", "mark", ())),
    "several dimensions": (
        {"name": "s", "type": ["ipv4_addr", "inet_service"], "elem": [{"concat": ["10.0.0.1", {"range": [80, 90]}]}]},
        Set("s", "ipv4_addr . inet_service", (Element((address(1), NumberKey(80, 90))),)),
    ),
    "interfaces": (
        {"name": "s", "type": "ifname", "elem": ["eth*", "lo"]},
        Set("s", "ifname", (Element((NameKey("eth*"),)), Element((NameKey("lo"),)))),
    ),
    "types by expression": (
        {
            "name": "s",
            "type": {
                "typeof": {"concat": [{"payload": {"protocol": "ip", "field": "saddr"}}, {"meta": {"key": "mark"}}]}
            },
            "elem": [{"concat": ["10.0.0.1", 5]}],
        },
        Set("s", "ipv4_addr . mark", (Element((address(1), NumberKey(5, 5))),)),
    ),
    "a timeout, and no rule adds elements": (
        {"name": "s", "type": "ipv4_addr", "flags": ["timeout"], "elem": [{"elem": {"val": "10.0.0.1", "timeout": 9}}]},
        Set("s", "ipv4_addr", (Element((address(1),)),)),
    ),
    "rules add elements, so nft says": (
        {"name": "s", "type": "mark", "flags": ["timeout", "dynamic"]},
        Set("s", "mark", (), UPDATED_BY_RULES),
    ),
    "an element that is not understood": (
        {"name": "s", "type": "inet_service", "elem": [80, "https"]},
        Set(
            "s",
            "inet_service",
            (Element((NumberKey(80, 80),)),),
            message("hairpin does not understand {number} elements of the set", number=1),
        ),
    ),
    "too few dimensions": (
        {"name": "s", "type": ["mark", "mark"], "elem": [5]},
        Set("s", "mark . mark", (), message("hairpin does not understand {number} elements of the set", number=1)),
    ),
}


@each_row(("raw", "expected"), SETS.values(), ids=SETS)
def test_named_set(raw: Object, expected: Set) -> None:
    assert named_set(raw, "inet", frozenset()) == expected


def test_rules_that_add_elements_tell_what_older_nft_does_not() -> None:
    assert named_set({"name": "s", "type": "mark"}, "inet", frozenset({"s"})).opaque == UPDATED_BY_RULES


def test_verdict_map_with_its_default_last() -> None:
    raw: Object = {
        "name": "m", "type": "inet_service", "map": "verdict",
        "elem": [["*", {"drop": None}], [22, {"jump": {"target": "ssh"}}], [{"elem": {"val": 80}}, {"accept": None}]],
    }  # fmt: skip
    found, understood = named_map(raw, "inet")
    assert understood
    assert found == Map("m", "inet_service : verdict", (
        VerdictElement((NumberKey(22, 22),), Jump("ssh")),
        VerdictElement((NumberKey(80, 80),), Verdict("accept")),
        VerdictElement((), Verdict("drop")),
    ))  # fmt: skip


@pytest.mark.parametrize("declared", ("ipv4_addr . inet_service", ["ipv4_addr", "inet_service"]))
def test_map_to_addresses_and_ports(declared: Json) -> None:
    raw: Object = {"name": "m", "type": "inet_service", "map": declared, "elem": [[80, {"concat": ["10.0.0.1", 8080]}]]}
    found, understood = named_map(raw, "inet")
    assert understood
    assert found == Map(
        "m",
        "inet_service : ipv4_addr . inet_service",
        (NatElement((NumberKey(80, 80),), (0x0A000001, 0x0A000001), (8080, 8080)),),
    )


def test_a_map_that_is_not_understood_is_incomplete() -> None:
    jumps: Object = {"name": "m", "type": "mark", "map": "verdict", "elem": [[1, {"queue": None}]]}
    marks: Object = {"name": "marks", "type": "mark", "map": "mark", "elem": [[1, 2]]}
    assert named_map(jumps, "inet") == (Map("m", "mark : verdict", ()), False)
    assert named_map(marks, "inet") == (Map("marks", "mark : mark", ()), False)


def test_verdicts() -> None:
    assert verdict({"continue": None}) == Verdict("continue")
    assert verdict({"goto": {"target": "c"}}) == Jump("c", goto=True)
    assert verdict({"goto": None}) is None
    assert verdict("accept") is None


def test_targets() -> None:
    assert nat_target({"range": ["10.0.0.1", "10.0.0.2"]}, ["ipv4_addr"]) == ((0x0A000001, 0x0A000002), None)
    assert nat_target(80, ["inet_service"]) == (None, (80, 80))
    assert nat_target(80, ["mark"]) is None
    assert nat_target(80, ["ipv4_addr", "inet_service"]) is None
    assert nat_target("nowhere", ["ipv4_addr"]) is None
    assert nat_elements([[80, "nowhere"]], ["inet_service"], ["ipv4_addr"]) is None
    assert verdict_elements([["https", {"accept": None}]], ["inet_service"]) is None
    with pytest.raises(MalformedError):
        verdict_elements([80], ["inet_service"])


def test_keys_and_their_kinds() -> None:
    assert keys("*", ["mark", "mark"]) == ()
    assert keys({"elem": {"val": "*", "timeout": 5}}, ["mark"]) == ()
    assert element({"concat": [1]}, ["mark", "mark"]) is None
    assert concatenated({"elem": {"val": {"concat": [1, 2]}}}) == [1, 2]
    assert kinds_of(["mark", "ifname"], "inet") == ["mark", "ifname"]
    assert plain_fields([Operand("mark"), Operand(None, "ifname", interface="iif")]) == ("mark", "iif")
    assert plain_fields([Operand("mark"), Operand("mark", mask=1)]) is None


# --- a table without the elements of its long sets --------------------------------------------------------------------

HELD, ABSENT, SHORT = 0xC6336407, 0xC6336408, 0x05050505


def listing(*objects: Json) -> str:
    return msgspec.json.encode({"nftables": [{"metainfo": {"version": "1.0.6"}}, *objects]}).decode()


def declared(name: str, *elements: str, kind: str = "set") -> Json:
    body: Object = {"family": "inet", "name": name, "table": "geo", "type": "ipv4_addr", "handle": 2}
    held: Object = {"elem": [*elements]} if elements else {}
    return {kind: {**body, **held, **({"map": "verdict"} if kind == "map" else {})}}


TERSE = listing(
    {"table": {"family": "inet", "name": "geo", "handle": 1}}, declared("bad"), declared("short"),
    declared("ways", kind="map"),
)  # fmt: skip
LISTED = (listing(declared("short", "5.5.5.5")),)
ASKED = (
    asked_line(("inet", "geo", "bad"), "198.51.100.7", holds=True)
    + "\n"
    + asked_line(("inet", "geo", "bad"), "198.51.100.8", holds=False),
)


def table() -> Table:
    (found,) = parse(TERSE, source="nft", beside=(LISTED, ASKED))
    return found


def test_a_set_that_was_listed_alone_is_whole() -> None:
    short = table().sets[1]
    assert (short.elements, short.opaque, short.absent) == ((Element((NumberKey(SHORT, SHORT),)),), None, None)


def test_a_set_that_was_not_listed_knows_what_it_was_asked_for() -> None:
    bad = table().sets[0]
    assert bad.elements == (Element((NumberKey(HELD, HELD),)),)
    assert (bad.opaque, bad.absent) == (NOT_LISTED, frozenset({(ABSENT,)}))


def test_of_a_map_that_was_not_listed_nothing_is_known() -> None:
    assert table().maps[0].elements == ()
    (whole,) = parse(TERSE, source="nft", beside=((*LISTED, listing(declared("ways", kind="map"))), ASKED))
    assert whole.maps == table().maps


def test_the_order_of_the_objects_stays() -> None:
    kinds = [next(iter(each)) for each in msgspec.json.decode(together(TERSE, LISTED, ASKED))["nftables"]]
    assert kinds == ["metainfo", "table", "set", "set", "map"]


@pytest.mark.parametrize("text", ("", "[]", "nft: no such table"))
def test_text_that_nft_does_not_write_is_said(text: str) -> None:
    with pytest.raises(ParseError, match="nft"):
        parse(TERSE, source="nft", beside=((text,), ()))

from pathlib import Path

import pytest

from hairpin.errors import ParseError
from hairpin.message import message
from hairpin.netfilter.ipset import fields_of, parse
from hairpin.netfilter.ir import Element, Key, NameKey, NumberKey, Set
from hairpin.netfilter.rule_address import IpFamily
from tests.rows import each_row

FIXTURE = Path(__file__).resolve().parent.parent / "fixtures" / "netfilter" / "ipset-save.txt"
NET = 0x0A000000
TCP, UDP = NumberKey(6, 6), NumberKey(17, 17)
MAC = 0x0242AC110002


def one(number: int) -> NumberKey:
    return NumberKey(number, number)


def read(text: str) -> Set:
    return parse(text, source="ipset save")[-1]


ELEMENTS: dict[str, tuple[str, tuple[Key, ...]]] = {
    "address": ("create x hash:ip family inet\nadd x 10.0.0.1", (one(NET + 1),)),
    "address with time-out": ("create x hash:ip family inet timeout 9\nadd x 10.0.0.1 timeout 5", (one(NET + 1),)),
    "masked address": ("create x hash:ip family inet netmask 24\nadd x 10.0.1.0", (NumberKey(NET + 256, NET + 511),)),
    "net": ("create x hash:net family inet\nadd x 10.0.0.0/8", (NumberKey(NET, NET + (1 << 24) - 1),)),
    "range": ("create x hash:ip family inet\nadd x 10.0.0.1-10.0.0.9", (NumberKey(NET + 1, NET + 9),)),
    "IPv6": ("create x hash:net family inet6\nadd x fd00::/8", (NumberKey(0xFD << 120, (0xFE << 120) - 1),)),
    "address and port": ("create x hash:ip,port family inet\nadd x 10.0.0.1,tcp:80", (one(NET + 1), TCP, one(80))),
    "port range": (
        "create x hash:ip,port family inet\nadd x 10.0.0.1,udp:80-82", (one(NET + 1), UDP, NumberKey(80, 82)),
    ),
    "icmp type": (
        "create x hash:ip,port family inet\nadd x 10.0.0.1,icmp:echo-request", (one(NET + 1), one(1), one(0x800)),
    ),
    "two nets": (
        "create x hash:net,net family inet\nadd x 10.0.0.0/24,10.0.1.0/24",
        (NumberKey(NET, NET + 255), NumberKey(NET + 256, NET + 511)),
    ),
    "net and link": (
        "create x hash:net,iface family inet\nadd x 10.0.0.0/24,eth0", (NumberKey(NET, NET + 255), NameKey("eth0")),
    ),
    "net and links": (
        "create x hash:net,iface family inet\nadd x 10.0.0.0/24,wg wildcard",
        (NumberKey(NET, NET + 255), NameKey("wg*")),
    ),
    "address and mark": ("create x hash:ip,mark family inet\nadd x 10.0.0.1,0x00000012", (one(NET + 1), one(0x12))),
    "hardware address": ("create x hash:mac\nadd x 02:42:AC:11:00:02", (one(MAC),)),
    "both addresses": (
        "create x bitmap:ip,mac range 10.0.0.0/24\nadd x 10.0.0.6,02:42:AC:11:00:02", (one(NET + 6), one(MAC)),
    ),
    "any hardware address": (
        "create x bitmap:ip,mac range 10.0.0.0/24\nadd x 10.0.0.6", (one(NET + 6), NumberKey(0, (1 << 48) - 1)),
    ),
    "three dimensions": (
        "create x hash:ip,port,net family inet\nadd x 10.0.0.1,tcp:80,10.0.1.0/24",
        (one(NET + 1), TCP, one(80), NumberKey(NET + 256, NET + 511)),
    ),
    "bitmap": (
        "create x bitmap:ip range 10.0.0.0-10.0.255.255 netmask 24\nadd x 10.0.5.0",
        (NumberKey(NET + 1280, NET + 1535),),
    ),
    "comment": ('create x hash:ip family inet comment\nadd x 10.0.0.1 comment "nomatch physdev:"', (one(NET + 1),)),
}  # fmt: skip


@each_row(("text", "key"), ELEMENTS.values(), ids=ELEMENTS)
def test_element(text: str, key: tuple[Key, ...]) -> None:
    assert read(text).elements == (Element(key),)


def test_an_exception_is_marked() -> None:
    assert read("create x hash:net family inet\nadd x 10.0.0.0/8 nomatch").elements[0].nomatch


def test_a_port_without_protocol_is_one_of_tcp_and_of_udp() -> None:
    assert read("create x bitmap:port range 0-1024\nadd x 80").elements == (
        Element((TCP, one(80))),
        Element((UDP, one(80))),
    )


OPAQUE: dict[str, tuple[str, str | None]] = {
    "complete": ("create x hash:ip family inet\nadd x 10.0.0.1", None),
    "time-outs are complete": ("create x hash:ip family inet timeout 5\nadd x 10.0.0.1 timeout 3", None),
    "unknown type": ("create x hash:new family inet\nadd x anything", "type hash:new is not modelled"),
    "bit mask": ("create x hash:ip family inet bitmask 255.0.255.0", "the set compares addresses under a bit mask"),
    "mark mask": ("create x hash:ip,mark family inet markmask 0x000000ff", "the set compares marks under a mask"),
    "bridge port": (
        "create x hash:net,iface\nadd x 10.0.0.0/24,physdev:veth1",
        "some elements of the set name bridge ports",
    ),
    "no port": (
        "create x hash:ip,port\nadd x 10.0.0.1,vrrp:0",
        "some elements of the set name protocols without ports",
    ),
    "ICMP": ("create x hash:ip,port\nadd x 10.0.0.1,icmp:8/0", "some elements of the set name protocols without ports"),
    "IPv6 colons are no protocol": ("create x hash:ip,port family inet6\nadd x fd00::1,tcp:80", None),
}


@each_row(("text", "reason"), OPAQUE.values(), ids=OPAQUE)
def test_a_set_says_why_it_cannot_be_trusted(text: str, reason: str | None) -> None:
    assert (str(opaque) if (opaque := read(text).opaque) else None) == reason


MEMBERS = "create a hash:ip family inet\nadd a 10.0.0.1\ncreate b hash:ip family inet\nadd b 10.0.0.2\n"
LISTS: dict[str, tuple[str, Set]] = {
    "of two sets": (
        MEMBERS + "create x list:set size 8\nadd x a\nadd x b",
        Set("x", "list:set hash:ip", (Element((one(NET + 1),)), Element((one(NET + 2),)))),
    ),
    "of none": ("create x list:set size 8", Set("x", "list:set hash:ip", ())),
    "of different types": (
        MEMBERS + "create p hash:ip,port\ncreate x list:set size 8\nadd x a\nadd x p",
        Set("x", "list:set", (), message("the member sets of the list are of different types")),
    ),
    "of a missing set": (
        MEMBERS + "create x list:set size 8\nadd x a\nadd x gone",
        Set("x", "list:set hash:ip", (Element((one(NET + 1),)),), message("the reading lacks a member set")),
    ),
    "with exceptions": (
        "create n hash:net\nadd n 10.0.0.1 nomatch\ncreate m hash:net\ncreate x list:set\nadd x n\nadd x m",
        Set("x", "list:set hash:net", (Element((one(NET + 1),), True),),
            message("an exception applies only within its own member set")),
    ),
    "of networks with links": (
        "create n hash:net,iface\nadd n 10.0.0.1,eth0\ncreate m hash:net,iface\ncreate x list:set\nadd x n\nadd x m",
        Set("x", "list:set hash:net,iface", (Element((one(NET + 1), NameKey("eth0"))),),
            message("the deciding network is looked up within one member set only")),
    ),
}  # fmt: skip


@each_row(("text", "expected"), LISTS.values(), ids=LISTS)
def test_a_list_has_its_members_elements(text: str, expected: Set) -> None:
    assert read(text) == expected


FIELDS: dict[tuple[str, str, IpFamily], tuple[str, ...] | None] = {
    ("hash:ip", "src", "ip"): ("saddr4",),
    ("hash:ip", "dst,dst", "ip"): ("daddr4",),
    ("hash:ip inet6", "src", "ip6"): ("saddr6",),
    ("hash:ip inet6", "src", "ip"): None,
    ("hash:ip", "src", "ip6"): None,
    ("hash:ip,port", "src", "ip"): None,
    ("hash:ip,port", "dst,src", "ip"): ("daddr4", "protocol", "sport"),
    ("hash:ip,port,net", "src,dst,dst", "ip"): ("saddr4", "protocol", "dport", "daddr4"),
    ("hash:net,iface", "src,dst", "ip"): ("saddr4", "oif"),
    ("hash:ip,mark", "src,src", "ip"): ("saddr4", "mark"),
    ("hash:mac", "src", "ip6"): ("smac",),
    ("bitmap:port", "dst", "ip6"): ("protocol", "dport"),
    ("bitmap:ip,mac", "src,dst", "ip"): None,
    ("list:set hash:ip", "src", "ip"): ("saddr4",),
    ("list:set", "src", "ip"): None,
    ("hash:new", "src", "ip"): None,
    ("hash:ip", "both", "ip"): None,
}


@each_row(("question", "fields"), FIELDS.items())
def test_the_fields_of_the_flags_of_match_set(
    question: tuple[str, str, IpFamily], fields: tuple[str, ...] | None
) -> None:
    kind, flags, family = question
    assert fields_of(kind, tuple(flags.split(",")), family) == fields


def test_real_output_is_read_whole() -> None:
    sets = {each.name: each for each in parse(FIXTURE.read_text(), source="ipset save")}
    assert {name: len(each.elements) for name, each in sets.items()} == {
        "a": 5, "b": 1, "c": 1, "c6": 2, "d": 7, "d6": 2, "e": 2, "g": 3, "j": 1, "k": 1, "l": 1, "l2": 1, "m": 8,
        "n": 2, "o": 6, "p": 0, "s": 1, "t": 0, "u": 0, "v": 0,
    }  # fmt: skip


DAMAGED = [
    "add x 10.0.0.1", "create x", "create x hash", "create x hash:ip\nadd x 10.0.0.999", "create x hash:ip\nadd x",
    "create x hash:ip,port\nadd x 10.0.0.1", "create x hash:ip,port\nadd x 10.0.0.1,nonsense:80", "destroy x",
    "ipset: command not found",
]  # fmt: skip


@each_row("text", DAMAGED)
def test_damaged_text_is_an_error_with_its_place(text: str) -> None:
    with pytest.raises(ParseError, match="read the sets again") as caught:
        parse(text, source="ipset save")
    assert caught.value.line == len(text.splitlines())

import pytest

from hairpin.netfilter.iptables.fields import (
    MODULES,
    bounds,
    field_of,
    interface_pattern,
    mask_of,
    masked,
    number,
    prefix_match,
    tos,
)
from hairpin.netfilter.iptables.words import read_group, split_words
from hairpin.netfilter.ir import FULL_MASK, AnyOfMatch, FieldMatch, Match, NameMatch, Ranges, StatefulMatch
from hairpin.netfilter.rule_address import IpFamily


def only(number: int) -> Ranges:
    return ((number, number),)


HOST, NET = 0x0A000001, 0x0A000000
V6 = 0xFD << 120

OPTIONS: dict[str, tuple[Match, ...]] = {
    "-m tcp --dport 80": (FieldMatch("dport", ((80, 80),)),),
    "-m tcp --sport 1024:65535": (FieldMatch("sport", ((1024, 65535),)),),
    "-m udp ! --dport 53": (FieldMatch("dport", ((53, 53),), True),),
    "-m udp --dport :1023": (FieldMatch("dport", ((0, 1023),)),),
    "-m sctp --dport 9:": (FieldMatch("dport", ((9, 65535),)),),
    "-m tcp --tcp-flags FIN,SYN,RST,ACK SYN": (FieldMatch("tcp-flags", ((2, 2),), mask=23),),
    "-m tcp --tcp-flags ALL NONE": (FieldMatch("tcp-flags", ((0, 0),), mask=63),),
    "-m tcp ! --syn": (FieldMatch("tcp-flags", ((2, 2),), True, 23),),
    "-m icmp --icmp-type 8": (FieldMatch("icmp", ((0x800, 0x8FF),)),),
    "-m icmp ! --icmp-type 3/4": (FieldMatch("icmp", ((0x304, 0x304),), True),),
    "-m icmp --icmp-type any": (FieldMatch("icmp", ((0, 0xFFFF),)),),
    "-m icmp6 --icmpv6-type 135": (FieldMatch("icmp6", ((0x8700, 0x87FF),)),),
    "-m multiport --dports 80,443,1000:2000": (FieldMatch("dport", ((80, 80), (443, 443), (1000, 2000))),),
    "-m multiport ! --sports 80,443": (FieldMatch("sport", ((80, 80), (443, 443)), True),),
    "-m multiport --ports 80": (AnyOfMatch((FieldMatch("sport", ((80, 80),)), FieldMatch("dport", ((80, 80),)))),),
    "-m state --state NEW,RELATED": (FieldMatch("ct-state", ((4, 4), (8, 8))),),
    "-m conntrack --ctstate RELATED,ESTABLISHED": (FieldMatch("ct-state", ((2, 2), (4, 4))),),
    "-m conntrack ! --ctstate INVALID,UNTRACKED": (FieldMatch("ct-state", ((1, 1), (64, 64)), True),),
    "-m conntrack --ctstate DNAT": (AnyOfMatch((FieldMatch("ct-status", ((0, 0),), True, 32),)),),
    "-m conntrack ! --ctstate NEW,SNAT,DNAT": (
        AnyOfMatch((FieldMatch("ct-state", ((8, 8),)), FieldMatch("ct-status", ((0, 0),), True, 48)), True),
    ),
    "-m conntrack --ctproto 6": (FieldMatch("ct-protocol", ((6, 6),)),),
    "-m conntrack --ctorigsrc 10.0.0.0/24": (FieldMatch("ct-orig-saddr4", ((NET, NET + 255),)),),
    "-m conntrack ! --ctrepldst 10.0.0.1": (FieldMatch("ct-repl-daddr4", ((HOST, HOST),), True),),
    "-m conntrack --ctorigdstport 80 --ctreplsrcport 1:2": (
        FieldMatch("ct-orig-dport", ((80, 80),)), FieldMatch("ct-repl-sport", ((1, 2),)),
    ),
    "-m conntrack --ctstatus ASSURED,SEEN_REPLY": (FieldMatch("ct-status", ((0, 0),), True, 6),),
    "-m conntrack ! --ctstatus EXPECTED": (FieldMatch("ct-status", ((0, 0),), False, 1),),
    "-m conntrack --ctdir REPLY": (FieldMatch("ct-direction", ((1, 1),)),),
    "-m conntrack --ctexpire 1:100": (StatefulMatch("conntrack", "-m conntrack --ctexpire 1:100"),),
    "-m mark --mark 0x1": (FieldMatch("mark", ((1, 1),)),),
    "-m mark ! --mark 0x4000/0x4000": (FieldMatch("mark", ((0x4000, 0x4000),), True, 0x4000),),
    "-m mark --mark 0x1/0xffffffff": (FieldMatch("mark", ((1, 1),)),),
    "-m connmark --mark 5/0xff": (FieldMatch("ct-mark", ((5, 5),), mask=0xFF),),
    "-m iprange --src-range 10.0.0.1-10.0.0.9": (FieldMatch("saddr4", ((HOST, HOST + 8),)),),
    "-m iprange ! --dst-range 10.0.0.1": (FieldMatch("daddr4", ((HOST, HOST),), True),),
    "-m mac ! --mac-source 02:42:ac:11:00:02": (FieldMatch("smac", only(0x0242AC110002), True),),
    "-m physdev --physdev-in veth+": (NameMatch("physin", ("veth*",)),),
    "-m physdev ! --physdev-out eth0": (NameMatch("physout", ("eth0",), True),),
    "-m physdev --physdev-is-bridged": (NameMatch("physout", ("",), True),),
    "-m physdev ! --physdev-is-in": (NameMatch("physin", ("",)),),
    "-m pkttype --pkt-type multicast": (FieldMatch("pkttype", ((2, 2),)),),
    "-m ttl --ttl-eq 64": (FieldMatch("ttl", ((64, 64),)),),
    "-m ttl --ttl-lt 5": (FieldMatch("ttl", ((0, 4),)),),
    "-m ttl --ttl-lt 0": (FieldMatch("ttl", ()),),
    "-m hl --hl-gt 254": (FieldMatch("ttl", ((255, 255),)),),
    "-m length --length 0:500": (FieldMatch("length", ((0, 500),)),),
    "-m length ! --length 20": (FieldMatch("length", ((20, 20),), True),),
    "-m dscp --dscp 0x2e": (FieldMatch("dscp", ((46, 46),)),),
    "-m dscp ! --dscp-class AF41": (FieldMatch("dscp", ((34, 34),), True),),
    "-m tos --tos 0x10/0xff": (FieldMatch("dscp", ((4, 4),)), FieldMatch("ecn", ((0, 0),))),
    "-m tos --tos 0x10/0x3c": (FieldMatch("dscp", ((4, 4),), mask=0x0F),),
    "-m tos ! --tos 0x10/0x3f": (
        AnyOfMatch((FieldMatch("dscp", ((4, 4),), True, 0x0F), FieldMatch("ecn", ((0, 0),), True))),
    ),
    "-m tos --tos Minimize-Delay": (FieldMatch("dscp", ((4, 4),), mask=0x0F), FieldMatch("ecn", ((0, 0),))),
    "-m ecn --ecn-ip-ect 2": (FieldMatch("ecn", ((2, 2),)),),
}  # fmt: skip


def read(words: str, family: IpFamily = "ip") -> tuple[Match, ...]:
    raw = split_words(words)
    group = read_group(raw, raw[1], family)
    return tuple(match for option in group.options for match in MODULES[raw[1]][option.name](option, family))


@pytest.mark.parametrize(("words", "matches"), OPTIONS.items())
def test_option(words: str, matches: tuple[Match, ...]) -> None:
    assert read(words) == matches


def test_addresses_of_ipv6() -> None:
    assert read("-m conntrack --ctorigdst fd00::/8", "ip6") == (
        FieldMatch("ct-orig-daddr6", ((V6, V6 + (1 << 120) - 1),)),
    )


MALFORMED = [
    "-m tcp --dport http", "-m tcp --tcp-flags SYN,NIL SYN", "-m tcp --tcp-flags SYN", "-m tcp --syn 5",
    "-m conntrack --ctstate SOMETHING", "-m conntrack --ctdir UP", "-m conntrack --ctproto nonsense",
    "-m pkttype --pkt-type no", "-m dscp --dscp-class XX", "-m physdev --physdev-is-in eth0", "-m mark --mark",
]  # fmt: skip


@pytest.mark.parametrize("words", MALFORMED)
def test_a_value_that_is_not_understood_is_refused(words: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the caller quotes the words, not the reason
        read(words)


def test_numbers_are_c_numbers() -> None:
    assert (number("10"), number("0x10"), number("010"), number("0")) == (10, 16, 8, 0)
    assert bounds("5:", ":", 9) == (5, 9)
    assert bounds(":5", ":", 9) == (0, 5)
    assert masked("0x1/0xff", 0xFFFFFFFF) == (1, 0xFF)
    assert mask_of(0xFF, 0xFF) == FULL_MASK
    assert tos("0x10") == (0x10, 0xFF)


def test_a_mask_with_holes_stays_a_mask() -> None:
    assert prefix_match("saddr4", "10.0.0.0/255.0.255.0", True, "ip") == FieldMatch(
        "saddr4", ((NET, NET),), True, 0xFF00FF00
    )
    assert field_of("daddr", "ip6") == "daddr6"


def test_wildcard_of_interface_names() -> None:
    assert (interface_pattern("eth+"), interface_pattern("eth0"), interface_pattern("+")) == ("eth*", "eth0", "*")

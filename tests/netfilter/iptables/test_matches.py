import pytest

from hairpin.netfilter import ir
from hairpin.netfilter.iptables.matches import OPTION_READERS, read_match
from hairpin.netfilter.iptables.modules import holds_without_connection
from hairpin.netfilter.iptables.words import read_group, split_words
from hairpin.netfilter.rule_address import IpFamily
from tests.rows import each_row

SETS = {
    each.name: each
    for each in (ir.Set("ips", "hash:ip", ()), ir.Set("ports", "hash:ip,port", ()), ir.Set("six", "hash:net inet6", ()))
}


def read(words: str, family: IpFamily = "ip") -> tuple[ir.Expression, ...]:
    raw = split_words(words)
    return read_match(read_group(raw, raw[1], family), SETS)


IPSEC_5 = "-m policy --dir in --pol ipsec --reqid 5"
GROUPS: dict[str, tuple[ir.Expression, ...]] = {
    '-m comment --comment "it\'s \\"here\\""': (ir.NoEffect("comment", 'it\'s "here"'),),
    "-m comment --comment -j": (ir.NoEffect("comment", "-j"),),
    "-m addrtype --dst-type LOCAL": (ir.FibMatch("daddr", ("local",)),),
    "-m addrtype --src-type UNICAST ! --dst-type LOCAL,BROADCAST --limit-iface-in": (
        ir.FibMatch("saddr", ("unicast",), limit="iif"),
        ir.FibMatch("daddr", ("local", "broadcast"), True, "iif"),
    ),
    "-m set --match-set ips src": (ir.SetMatch("ips", ("saddr4",)),),
    "-m set ! --match-set ips dst": (ir.SetMatch("ips", ("daddr4",), True),),
    "-m set --match-set ports dst,dst": (ir.SetMatch("ports", ("daddr4", "protocol", "dport")),),
    "-m set ! --match-set ports src,dst ! --update-counters": (
        ir.AnyOfMatch((ir.SetMatch("ports", ("saddr4", "protocol", "dport")),), negated=True),
    ),
    "-m owner --uid-owner 1000": (ir.FieldMatch("skuid", ((1000, 1000),)),),
    "-m owner ! --uid-owner 0-5 --gid-owner 7": (
        ir.AnyOfMatch((ir.FieldMatch("skuid", ((0, 5),)),), True),
        ir.FieldMatch("skgid", ((7, 7),)),
    ),
    "-m owner --socket-exists": (ir.FieldMatch("socket", ((1, 1),)),),
    "-m owner ! --socket-exists": (ir.FieldMatch("socket", ((1, 1),), True),),
    IPSEC_5: (ir.OpaqueMatch(IPSEC_5, (ir.FieldMatch("ipsec-in", ((1, 1),)),)),),
    "-m esp": (ir.NoEffect("esp", "-m esp"),),
    "-m ecn --ecn-tcp-ece": (ir.FieldMatch("tcp-flags", ((64, 64),), mask=64),),
    "-m policy --dir in --pol none": (ir.FieldMatch("ipsec-in", ((0, 0),)),),
    "-m policy --dir out --pol ipsec": (ir.FieldMatch("ipsec-out", ((1, 1),)),),
    "-m rpfilter --loose --validmark --accept-local --invert": (ir.ReversePathMatch(True, True, True, True),),
    "-m socket": (ir.SocketMatch(),),
    "-m socket --transparent --nowildcard": (ir.SocketMatch(True, True),),
    "-m nfacct --nfacct-name web": (ir.NoEffect("nfacct", "-m nfacct --nfacct-name web"),),
}


@each_row(("words", "expressions"), GROUPS.items())
def test_module(words: str, expressions: tuple[ir.Expression, ...]) -> None:
    assert read(words) == expressions


USUAL: dict[str, bool] = {
    "-m limit --limit 3/min --limit-burst 5": True,
    "-m hashlimit --hashlimit-upto 3/min --hashlimit-name x": True,
    "-m hashlimit --hashlimit-above 3/min --hashlimit-name x": False,
    "-m connlimit --connlimit-above 3 --connlimit-mask 32 --connlimit-saddr": False,
    "-m connlimit --connlimit-upto 3": True,
    "-m quota --quota 10000": True,
    "-m quota ! --quota 10000": False,
    "-m statistic --mode random --probability 0.33333333349": False,
    "-m statistic --mode random ! --probability 0.33333333349": True,
    "-m statistic --mode nth --every 3 --packet 0": True,
    "-m statistic --mode nth --every 3 --packet 1": False,
    "-m connbytes --connbytes 10:100 --connbytes-mode packets --connbytes-dir both": False,
    "-m connbytes --connbytes 0:100 --connbytes-mode bytes --connbytes-dir both": True,
    "-m time --timestart 08:00:00": True,
    "-m recent --update --seconds 60 --hitcount 4 --name SSH --rsource": False,
    "-m recent ! --rcheck --seconds 60 --name SSH --rsource": True,
    "-m recent ! --set --name SSH": False,
}


FIXED: dict[str, bool] = {
    "-m statistic --mode random --probability 1.00000000000": True,
    "-m statistic --mode random --probability 0.00000000000": False,
    "-m statistic --mode random ! --probability 0.00000000000": True,
    "-m statistic --mode nth --every 1 --packet 0": True,
}


@each_row(("words", "matches"), FIXED.items())
def test_chance_that_leaves_nothing_to_chance(words: str, matches: bool) -> None:
    (match,) = read(words)
    assert isinstance(match, ir.StatefulMatch)
    assert (match.text, match.usual, match.fixed) == (words, matches, True)
    (open_,) = read("-m statistic --mode random --probability 0.99000000022")
    assert isinstance(open_, ir.StatefulMatch)
    assert not open_.fixed


@each_row(("words", "usual"), USUAL.items())
def test_a_match_that_depends_on_history_keeps_its_words(words: str, usual: bool) -> None:
    (match,) = read(words)
    assert isinstance(match, ir.StatefulMatch)
    assert (match.name, match.text, match.usual) == (words.split()[1], words, usual)


def test_recent_set_only_notes_the_address() -> None:
    words = "-m recent --set --name SSH --mask 255.255.255.255 --rsource"
    assert read(words) == (ir.NoEffect("recent", words, "SSH"),)


OPAQUE = [
    '-m u32 --u32 "0x6&0xff=0x1"',
    '-m bpf --bytecode "4,48 0 0 9,21 0 1 6"', "-m no-such-module --option ! --other 5",
    "-m frag --fragid 5 --fragmore", "-m helper --helper ftp", "-m esp --espspi 5:7",
    "-m owner --gid-owner 5 --suppl-groups", "-m owner --uid-owner root",
    "-m policy --dir both --pol none",
    "-m socket --nowildcard --restore-skmark", "-m addrtype --dst-type SOMEWHERE", "-m addrtype --dst-type LOCAL --x",
    "-m set --match-set unknown src", "-m set --match-set six src", "-m set --match-set ports src",
    "-m set --match-set ips src --return-nomatch", "-m set --match-set ips src --packets-gt 5",
    "-m conntrack --ctstate SOMETHING", "-m tcp --dport http", "-m foo [unsupported revision]",
    "-m conntrack --ctstate INVALID --ctorigdst 10.0.0.1",
    "-m conntrack ! --ctstate NEW,DNAT --ctdir ORIGINAL",
]  # fmt: skip


@each_row("words", OPAQUE)
def test_a_group_that_is_not_modelled_is_kept_whole(words: str) -> None:
    assert read(words) == (ir.OpaqueMatch(words),)


def test_an_unknown_option_beside_known_ones_is_kept_alone() -> None:
    assert read("-m tcp --dport 80 ! --tcp-option 5") == (
        ir.FieldMatch("dport", ((80, 80),)),
        ir.OpaqueMatch("-m tcp ! --tcp-option 5"),
    )


def test_a_set_of_the_packets_family() -> None:
    assert read("-m set --match-set six dst", "ip6") == (ir.SetMatch("six", ("daddr6",)),)
    assert read("-m set --match-set ips dst", "ip6") == (ir.OpaqueMatch("-m set --match-set ips dst"),)


def test_an_implied_module_is_named_in_the_kept_words() -> None:
    assert read_match(read_group(["--tcp-option", "5"], "tcp", "ip"), {}) == (ir.OpaqueMatch("-m tcp --tcp-option 5"),)


@each_row(
    ("words", "holds"),
    (
        ("-m conntrack --ctstate INVALID", True),
        ("-m conntrack --ctstate NEW", False),
        ("-m conntrack ! --ctstate NEW", True),
        ("-m conntrack ! --ctstate INVALID,UNTRACKED", False),
        ("-m conntrack --ctstate NEW,DNAT", False),
        ("-m conntrack ! --ctstate DNAT", True),
    ),
)
def test_states_without_a_connection(words: str, holds: bool) -> None:
    (match,) = read(words)
    assert isinstance(match, ir.FieldMatch | ir.AnyOfMatch)
    assert holds_without_connection(match) is holds


EXTENSIONS: dict[str, ir.Expression] = {
    "-m hbh": ir.FieldMatch("extensions", ((128, 128),), mask=128),
    "-m frag --fragid 5": ir.OpaqueMatch("-m frag --fragid 5", (ir.FieldMatch("extensions", ((16, 16),), mask=16),)),
    "-m srh --srh-tag 0": ir.OpaqueMatch("-m srh --srh-tag 0", (ir.FieldMatch("extensions", ((32, 32),), mask=32),)),
}


@pytest.mark.parametrize(("words", "match"), EXTENSIONS.items())
def test_a_match_of_an_extension_header_needs_the_header(words: str, match: ir.Expression) -> None:
    assert read(words, "ip6") == (match,)


# --- options that are read by themselves -----------------------------------------------------------------------------


def only(number: int) -> ir.Ranges:
    return ((number, number),)


HOST, NET = 0x0A000001, 0x0A000000
V6 = 0xFD << 120

OPTIONS: dict[str, tuple[ir.Match, ...]] = {
    "-m tcp --dport 80": (ir.FieldMatch("dport", ((80, 80),)),),
    "-m tcp --sport 1024:65535": (ir.FieldMatch("sport", ((1024, 65535),)),),
    "-m udp ! --dport 53": (ir.FieldMatch("dport", ((53, 53),), True),),
    "-m udp --dport :1023": (ir.FieldMatch("dport", ((0, 1023),)),),
    "-m sctp --dport 9:": (ir.FieldMatch("dport", ((9, 65535),)),),
    "-m tcp --tcp-flags FIN,SYN,RST,ACK SYN": (ir.FieldMatch("tcp-flags", ((2, 2),), mask=23),),
    "-m tcp --tcp-flags ALL NONE": (ir.FieldMatch("tcp-flags", ((0, 0),), mask=63),),
    "-m tcp ! --syn": (ir.FieldMatch("tcp-flags", ((2, 2),), True, 23),),
    "-m icmp --icmp-type 8": (ir.FieldMatch("icmp", ((0x800, 0x8FF),)),),
    "-m icmp ! --icmp-type 3/4": (ir.FieldMatch("icmp", ((0x304, 0x304),), True),),
    "-m icmp --icmp-type any": (ir.FieldMatch("icmp", ((0, 0xFFFF),)),),
    "-m icmp6 --icmpv6-type 135": (ir.FieldMatch("icmp6", ((0x8700, 0x87FF),)),),
    "-m multiport --dports 80,443,1000:2000": (ir.FieldMatch("dport", ((80, 80), (443, 443), (1000, 2000))),),
    "-m multiport ! --sports 80,443": (ir.FieldMatch("sport", ((80, 80), (443, 443)), True),),
    "-m multiport --ports 80": (
        ir.AnyOfMatch((ir.FieldMatch("sport", ((80, 80),)), ir.FieldMatch("dport", ((80, 80),)))),
    ),
    "-m state --state NEW,RELATED": (ir.FieldMatch("ct-state", ((4, 4), (8, 8))),),
    "-m conntrack --ctstate RELATED,ESTABLISHED": (ir.FieldMatch("ct-state", ((2, 2), (4, 4))),),
    "-m conntrack ! --ctstate INVALID,UNTRACKED": (ir.FieldMatch("ct-state", ((1, 1), (64, 64)), True),),
    "-m conntrack --ctstate DNAT": (ir.AnyOfMatch((ir.FieldMatch("ct-status", ((0, 0),), True, 32),)),),
    "-m conntrack ! --ctstate NEW,SNAT,DNAT": (
        ir.AnyOfMatch((ir.FieldMatch("ct-state", ((8, 8),)), ir.FieldMatch("ct-status", ((0, 0),), True, 48)), True),
    ),
    "-m conntrack --ctproto 6": (ir.FieldMatch("ct-protocol", ((6, 6),)),),
    "-m conntrack --ctorigsrc 10.0.0.0/24": (ir.FieldMatch("ct-orig-saddr4", ((NET, NET + 255),)),),
    "-m conntrack ! --ctrepldst 10.0.0.1": (ir.FieldMatch("ct-repl-daddr4", ((HOST, HOST),), True),),
    "-m conntrack --ctorigdstport 80 --ctreplsrcport 1:2": (
        ir.FieldMatch("ct-orig-dport", ((80, 80),)), ir.FieldMatch("ct-repl-sport", ((1, 2),)),
    ),
    "-m conntrack --ctstatus ASSURED,SEEN_REPLY": (ir.FieldMatch("ct-status", ((0, 0),), True, 6),),
    "-m conntrack ! --ctstatus EXPECTED": (ir.FieldMatch("ct-status", ((0, 0),), False, 1),),
    "-m conntrack --ctdir REPLY": (ir.FieldMatch("ct-direction", ((1, 1),)),),
    "-m conntrack --ctexpire 1:100": (ir.StatefulMatch("conntrack", "-m conntrack --ctexpire 1:100"),),
    "-m mark --mark 0x1": (ir.FieldMatch("mark", ((1, 1),)),),
    "-m mark ! --mark 0x4000/0x4000": (ir.FieldMatch("mark", ((0x4000, 0x4000),), True, 0x4000),),
    "-m mark --mark 0x1/0xffffffff": (ir.FieldMatch("mark", ((1, 1),)),),
    "-m connmark --mark 5/0xff": (ir.FieldMatch("ct-mark", ((5, 5),), mask=0xFF),),
    "-m iprange --src-range 10.0.0.1-10.0.0.9": (ir.FieldMatch("saddr4", ((HOST, HOST + 8),)),),
    "-m iprange ! --dst-range 10.0.0.1": (ir.FieldMatch("daddr4", ((HOST, HOST),), True),),
    "-m mac ! --mac-source 02:42:ac:11:00:02": (ir.FieldMatch("smac", only(0x0242AC110002), True),),
    "-m physdev --physdev-in veth+": (ir.NameMatch("physin", ("veth*",)),),
    "-m physdev ! --physdev-out eth0": (ir.NameMatch("physout", ("eth0",), True),),
    "-m physdev --physdev-is-bridged": (ir.NameMatch("physout", ("",), True),),
    "-m physdev ! --physdev-is-in": (ir.NameMatch("physin", ("",)),),
    "-m pkttype --pkt-type multicast": (ir.FieldMatch("pkttype", ((2, 2),)),),
    "-m ttl --ttl-eq 64": (ir.FieldMatch("ttl", ((64, 64),)),),
    "-m ttl --ttl-lt 5": (ir.FieldMatch("ttl", ((0, 4),)),),
    "-m ttl --ttl-lt 0": (ir.FieldMatch("ttl", ()),),
    "-m hl --hl-gt 254": (ir.FieldMatch("ttl", ((255, 255),)),),
    "-m length --length 0:500": (ir.FieldMatch("length", ((0, 500),)),),
    "-m length ! --length 20": (ir.FieldMatch("length", ((20, 20),), True),),
    "-m dscp --dscp 0x2e": (ir.FieldMatch("dscp", ((46, 46),)),),
    "-m dscp ! --dscp-class AF41": (ir.FieldMatch("dscp", ((34, 34),), True),),
    "-m tos --tos 0x10/0xff": (ir.FieldMatch("dscp", ((4, 4),)), ir.FieldMatch("ecn", ((0, 0),))),
    "-m tos --tos 0x10/0x3c": (ir.FieldMatch("dscp", ((4, 4),), mask=0x0F),),
    "-m tos ! --tos 0x10/0x3f": (
        ir.AnyOfMatch((ir.FieldMatch("dscp", ((4, 4),), True, 0x0F), ir.FieldMatch("ecn", ((0, 0),), True))),
    ),
    "-m tos --tos Minimize-Delay": (ir.FieldMatch("dscp", ((4, 4),), mask=0x0F), ir.FieldMatch("ecn", ((0, 0),))),
    "-m ecn --ecn-ip-ect 2": (ir.FieldMatch("ecn", ((2, 2),)),),
}  # fmt: skip


def read_options(words: str, family: IpFamily = "ip") -> tuple[ir.Match, ...]:
    raw = split_words(words)
    group = read_group(raw, raw[1], family)
    return tuple(match for option in group.options for match in OPTION_READERS[raw[1]][option.name](option, family))


@each_row(("words", "matches"), OPTIONS.items())
def test_option(words: str, matches: tuple[ir.Match, ...]) -> None:
    assert read_options(words) == matches


def test_addresses_of_ipv6() -> None:
    assert read_options("-m conntrack --ctorigdst fd00::/8", "ip6") == (
        ir.FieldMatch("ct-orig-daddr6", ((V6, V6 + (1 << 120) - 1),)),
    )


MALFORMED = [
    "-m tcp --dport http", "-m tcp --tcp-flags SYN,NIL SYN", "-m tcp --tcp-flags SYN", "-m tcp --syn 5",
    "-m conntrack --ctstate SOMETHING", "-m conntrack --ctdir UP", "-m conntrack --ctproto nonsense",
    "-m pkttype --pkt-type no", "-m dscp --dscp-class XX", "-m physdev --physdev-is-in eth0", "-m mark --mark",
]  # fmt: skip


@each_row("words", MALFORMED)
def test_a_value_that_is_not_understood_is_refused(words: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the caller quotes the words, not the reason
        read_options(words)

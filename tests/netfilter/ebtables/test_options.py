from hairpin.netfilter.ebtables.options import read_option, refused_options
from hairpin.netfilter.ir import AnyOfMatch, FieldMatch, Match, NameMatch, OpaqueMatch, Ranges
from tests.rows import each_row

GROUP_BIT = 1 << 40


def only(number: int) -> Ranges:
    return ((number, number),)


OPTIONS: dict[str, tuple[Match, ...]] = {
    "-p IPv4": (FieldMatch("ethertype", ((0x0800, 0x0800),)),),
    "-p ! ipv6": (FieldMatch("ethertype", ((0x86DD, 0x86DD),), True),),
    "-p 0x88cc": (FieldMatch("ethertype", ((0x88CC, 0x88CC),)),),
    "-p Length": (FieldMatch("ethertype", ((0, 0x05FF),)),),
    "-s 02:42:ac:11:00:02": (FieldMatch("smac", only(0x0242AC110002)),),
    "-d ! Multicast": (FieldMatch("dmac", ((GROUP_BIT, GROUP_BIT),), True, GROUP_BIT),),
    "-s Unicast": (FieldMatch("smac", ((0, 0),), False, GROUP_BIT),),
    "-d Broadcast": (FieldMatch("dmac", only((1 << 48) - 1)),),
    "-d 01:00:00:00:00:05/ff:00:00:00:00:00": (FieldMatch("dmac", only(GROUP_BIT), False, 0xFF << 40),),
    "-i eth+": (NameMatch("iif", ("eth*",)),),
    "-o ! veth0": (NameMatch("oif", ("veth0",), True),),
    "--ip-tos 0x10": (FieldMatch("dscp", ((4, 4),)), FieldMatch("ecn", ((0, 0),))),
    "--ip-tos ! 0x10": (AnyOfMatch((FieldMatch("dscp", ((4, 4),), True), FieldMatch("ecn", ((0, 0),), True))),),
    "--ip-icmp-type echo-request": (FieldMatch("icmp", ((0x800, 0x8FF),)),),
    "--ip6-icmp-type ! 135/0": (FieldMatch("icmp6", ((0x8700, 0x8700),), True),),
    "--ip-icmp-type 8:10/0:255": (FieldMatch("icmp", ((0x800, 0xAFF),)),),
    "--ip-icmp-type ! 3:4/1:2": (FieldMatch("icmp", ((0x301, 0x302), (0x401, 0x402)), True),),
    "--ip6-icmp-type 128:129": (FieldMatch("icmp6", ((0x8000, 0x81FF),)),),
    "--ip6-icmp-type 129:128": (OpaqueMatch("--ip6-icmp-type 129:128"),),
    "--ip6-tclass ! 0x1B": (AnyOfMatch((FieldMatch("dscp", ((6, 6),), True), FieldMatch("ecn", ((3, 3),), True))),),
    "--pkttype-type loopback": (FieldMatch("pkttype", ((5, 5),)),),
    "-i a*": (NameMatch("iif", ("a\\*",)),),
    "--ip6-src fd00::1": (FieldMatch("saddr6", only(0xFD << 120 | 1)),),
    "--ip6-dport 80": (FieldMatch("dport", ((80, 80),)),),
    "--ip-sport 4:3": (OpaqueMatch("--ip-sport 4:3"),),
    "--ip-sport ! 53": (FieldMatch("sport", ((53, 53),), True),),
    "--mark 0x1/0xff": (FieldMatch("mark", ((1, 1),), False, 0xFF),),
    "--mark ! 0x1": (FieldMatch("mark", ((1, 1),), True),),
    "--mark /0xff": (FieldMatch("mark", ((0, 0),), True, 0xFF),),
    "--pkttype-type ! host": (FieldMatch("pkttype", ((0, 0),), True),),
}


@each_row(("words", "matches"), OPTIONS.items())
def test_option(words: str, matches: tuple[Match, ...]) -> None:
    name, *_ = words.split()
    assert read_option(name, words.split()) == matches


OPAQUE = [
    "--arp-op Request", "--vlan-id 5", "--among-src 2:42:ac:11:0:2=10.0.0.1,", "--stp-type config", "-p nonsense",
    "--ip-proto nonsense", "--pkttype-type nonsense", "--ip-src host", "-s nonsense", "--new", "-i",
]  # fmt: skip


@each_row("words", OPAQUE)
def test_options_that_are_not_modelled_are_kept(words: str) -> None:
    assert read_option(words.split(maxsplit=1)[0], words.split()) == (OpaqueMatch(words),)


NOT_TAKEN: dict[tuple[str, str], tuple[str, ...]] = {
    ("INPUT", "-o eth0"): ("-o",),
    ("POSTROUTING", "-i ! eth0"): ("-i",),
    ("FORWARD", "-i eth0 -o eth1"): (),
    ("FORWARD", "--ip-proto icmp --ip-icmp-type 1"): ("--ip-proto", "--ip-icmp-type"),
    ("FORWARD", "-p IPv4 --ip-proto icmp"): (),
    ("FORWARD", "-p ARP --ip6-dport 1"): ("--ip6-dport",),
    ("FORWARD", "-p IPv6 --ip6-proto tcp --ip6-dport 22 --ip6-icmp-type 1"): ("--ip6-icmp-type",),
}


@each_row(("place", "options"), NOT_TAKEN.items())
def test_options_in_a_chain_that_does_not_allow_them(place: tuple[str, str], options: tuple[str, ...]) -> None:
    chain, words = place
    assert refused_options(chain, words.split()) == tuple(map(OpaqueMatch, options))


def test_a_small_number_is_no_ethertype() -> None:
    assert read_option("-p", ["-p", "0x5ff"]) == (OpaqueMatch("-p 0x5ff"),)

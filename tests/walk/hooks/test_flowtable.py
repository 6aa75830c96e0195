import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.route import NextHop, Route
from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_CONFIRMED, STATUS_OFFLOAD, STATUS_SNAT, Ruleset, Table
from hairpin.netfilter.packet import ACK, FIN, GRE, ICMP, SCTP, TCP, UDP, Connection, Packet, Seen, Tcp, TcpState, Tuple
from hairpin.walk.hooks.flowtable import carries_past, offloads
from hairpin.walk.hooks.surroundings import NamespaceSurroundings
from hairpin.walk.link.device import device_in
from hairpin.walk.state import History, State
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_NETNS, WEB, host_namespace, network

KNOWN = STATUS_CONFIRMED | STATUS_ASSURED
FAR6, NEAR6 = 0x20010DB8 << 96 | 1, 0x20010DB8 << 96 | 1 << 80 | 2


def forwarded(protocol: int, status: int, *, state: TcpState | None = None, flags: int = ACK) -> Seen:
    """Return a packet at FORWARD, from CLIENT to WEB."""
    entry = Tuple(CLIENT, WEB, protocol, 40000, 80)
    connection = Connection(4, entry, entry.reversed(), status, tcp=Tcp(state) if state is not None else None)
    packet = Packet(4, CLIENT, WEB, protocol, sport=40000, dport=80, tcp_flags=flags if protocol == TCP else 0)
    return Seen(packet, iif="eth0", oif="docker0", connection=connection)


UNTRACKED = msgspec.structs.replace(forwarded(UDP, KNOWN), connection=None)
# packet at FORWARD, kernel, whether its connection goes into the flowtable
CASES: dict[str, tuple[Seen, str, bool]] = {
    "UDP, first packet": (forwarded(UDP, 0), "", False),
    "UDP, another": (forwarded(UDP, STATUS_CONFIRMED), "", True),
    "untracked": (UNTRACKED, "", False),
    "there already": (forwarded(UDP, KNOWN | STATUS_OFFLOAD), "", False),
    "TCP, established": (forwarded(TCP, KNOWN, state="ESTABLISHED"), "", True),
    "TCP, the table does not say how far": (forwarded(TCP, KNOWN), "", True),
    "TCP, no answer yet": (forwarded(TCP, STATUS_CONFIRMED, state="ESTABLISHED"), "", False),
    "TCP, half open": (forwarded(TCP, KNOWN, state="SYN_RECV"), "", False),
    "TCP, half open, once": (forwarded(TCP, STATUS_CONFIRMED, state="SYN_SENT"), "5.10.0", True),
    "TCP, its end, once": (forwarded(TCP, KNOWN, state="ESTABLISHED", flags=ACK | FIN), "5.10.0", False),
    "TCP, its end": (forwarded(TCP, KNOWN, state="ESTABLISHED", flags=ACK | FIN), "", False),
    "SCTP": (forwarded(SCTP, KNOWN), "", False),
    "GRE": (forwarded(GRE, KNOWN), "6.1.0", True),
    "GRE, translated": (forwarded(GRE, KNOWN | STATUS_SNAT), "6.1.0", False),
    "GRE, before": (forwarded(GRE, KNOWN), "5.10.0", False),
}


@each_row(("seen", "kernel", "expected"), CASES.values(), ids=CASES)
def test_offloads(seen: Seen, kernel: str, expected: bool) -> None:
    namespace = msgspec.structs.replace(host_namespace(), kernel=kernel)
    assert offloads(namespace, seen) is expected
    assert NamespaceSurroundings(namespace, "nft").offloads(seen) is expected


BY_LINKS = {"": False, '"eth0"': False, '"eth0", "docker0"': True, '"eth0", "veth1"': True}


@pytest.mark.parametrize(("devices", "expected"), BY_LINKS.items())
def test_newer_kernels_compare_the_links(devices: str, expected: bool) -> None:
    flowtable = f"flowtable f {{ hook ingress priority 0; devices = {{ {devices} }}; }}"
    rules = Ruleset((Table("inet", "t", "nft", (), objects=(flowtable,)),))
    seen = forwarded(UDP, KNOWN)
    for kernel, taken in (("6.12.0", True), ("7.2.13", expected)):
        assert offloads(msgspec.structs.replace(host_namespace(), kernel=kernel, ruleset=rules), seen) is taken


def test_an_error_about_a_connection() -> None:
    quoted = Packet(4, WEB, CLIENT, ICMP, icmp=0x0303)
    about = {protocol: forwarded(protocol, KNOWN) for protocol in (TCP, UDP)}
    errors = {protocol: msgspec.structs.replace(seen, packet=quoted) for protocol, seen in about.items()}
    found = {protocol: offloads(host_namespace(), seen) for protocol, seen in errors.items()}
    assert found == {TCP: False, UDP: True}


def six(direction: int) -> Seen:
    """Return a packet of an IPv6 connection from FAR6 to NEAR6."""
    entry = Tuple(FAR6, NEAR6, UDP, 40000, 80)
    forth = entry if direction == 0 else entry.reversed()
    packet = Packet(6, forth.saddr, forth.daddr, UDP, sport=forth.sport, dport=forth.dport)
    connection = Connection(6, entry, entry.reversed(), KNOWN)
    return Seen(packet, iif="eth0", oif="docker0", ct_direction=1 if direction else 0, connection=connection)


def routed6(prefix: int, *, kind: str = "unicast") -> Namespace:
    way = Route(6, prefix, 64, type="unreachable" if kind != "unicast" else "unicast", next_hops=(NextHop("eth0"),))
    return host_namespace(routes=(way,))


# routes, direction, kernel, whether there is a way back
WAYS: dict[str, tuple[Namespace, int, str, bool]] = {
    "to who asks": (routed6(0x20010DB8 << 96), 0, "", True),
    "to who asks, before": (routed6(0x20010DB8 << 96), 0, "5.10.0", True),
    "not to who asks": (routed6(0x20010DB8 << 96), 1, "", False),
    "to who answers": (routed6(0x20010DB8 << 96 | 1 << 80), 1, "", True),
    "nowhere": (routed6(0x20010DB8 << 96, kind="unreachable"), 0, "", False),
}


@each_row(("namespace", "direction", "kernel", "expected"), WAYS.values(), ids=WAYS)
def test_ipv6_needs_a_route_back(namespace: Namespace, direction: int, kernel: str, expected: bool) -> None:
    assert offloads(msgspec.structs.replace(namespace, kernel=kernel), six(direction)) is expected


OFFLOADED = KNOWN | STATUS_OFFLOAD
# the connection's status, the packet's flags, its TTL, the flowtable's link, whether rules may not see it
PAST: dict[str, tuple[int, int, int, str, bool]] = {
    "what is in it": (OFFLOADED, ACK, 64, "eth0", True),
    "what is not": (KNOWN, ACK, 64, "eth0", False),
    "of another link": (OFFLOADED, ACK, 64, "eth1", False),
    "its end": (OFFLOADED, ACK | FIN, 64, "eth0", False),
    "its last hop": (OFFLOADED, ACK, 1, "eth0", False),
}


@pytest.mark.parametrize(("status", "flags", "ttl", "link", "expected"), PAST.values(), ids=PAST)
@pytest.mark.parametrize("live", (True, False))
def test_carries_past(status: int, flags: int, ttl: int, link: str, expected: bool, live: bool) -> None:
    seen = forwarded(TCP, status, state="ESTABLISHED", flags=flags)
    assert seen.connection is not None
    flowtable = f'flowtable f {{ hook ingress priority 0; devices = {{ "{link}" }}; }}'
    host = msgspec.structs.replace(
        host_namespace(),
        ruleset=Ruleset((Table("inet", "t", "nft", (), objects=(flowtable,)),)),
        connections=(seen.connection,) if live else (),
    )
    packet = msgspec.structs.replace(seen.packet, ttl=ttl)
    made = () if live else ((HOST_NETNS, seen.connection),)
    state = State("device-in", HOST_NETNS, packet, iif="eth0", history=History(connections=made))
    assert carries_past(host, state, "eth0") is expected
    outcomes = tuple(device_in(network(host), state))
    assert [isinstance(each, State) for each in outcomes] == ([False, True] if expected else [True])


def test_an_unknown_connection_or_an_excluded_packet_passes_the_rules() -> None:
    for packet in (forwarded(TCP, KNOWN).packet, forwarded(ICMP, KNOWN).packet):
        assert not carries_past(host_namespace(), State("device-in", HOST_NETNS, packet, iif="eth0"), "eth0")

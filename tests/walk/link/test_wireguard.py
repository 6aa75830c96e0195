"""WireGuard's outer packets are walked, and the endpoints, ports and allowed addresses of both ends are compared."""

import re

import msgspec

from hairpin.evidence.redact import redact_together
from hairpin.host.host import Host
from hairpin.host.link import Address, Endpoint, Link, Peer, Wireguard
from hairpin.host.read.parse import parse
from hairpin.netfilter.address import Prefix
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.walk.decided import LinkDecided
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from tests.acceptance.recorded_wireguard import HOSTS, evidence, expected, pair
from tests.rows import each_row
from tests.small_host import local, number, route
from tests.two_hosts import ADDRESSES, OPEN, node, other_of

INNER = {"one": number("10.9.0.1"), "two": number("10.9.0.2")}
STRANGER = number("198.51.100.99")
NEAR, FAR = Prefix(4, INNER["one"], 32), Prefix(4, INNER["two"], 32)
BLOCKED = OPEN.replace("COMMIT", "-A INPUT -p udp -m udp --dport 51820 -j DROP\nCOMMIT")
MARKED = OPEN.replace("COMMIT", "-A OUTPUT -m mark --mark 0xca6c -j DROP\nCOMMIT")
TO_NODE2 = Flow(FromHost(), 4, INNER["two"], "tcp", 80, host="node1")


def guarded(name: str, *, peers: tuple[Peer, ...] | None = None, port: int = 51820, rules: str = OPEN,
            read: bool = True, up: bool = True) -> Host:  # fmt: skip
    """Return a host with wg0, whose peer is the other host unless others are named."""
    far = other_of(name)
    usual = (Peer(1, Endpoint(4, ADDRESSES[far], 51820), (Prefix(4, INNER[far], 32),)),)
    settings = Wireguard(port, 0xCA6C, usual if peers is None else peers, "e9")
    host = node(name, rules=rules)
    (namespace,) = host.namespaces
    link = Link(9, "wg0", "wireguard", up=up, mtu_bytes=1420, flags=("POINTOPOINT", "NOARP"),
                wireguard=settings if read else None)  # fmt: skip
    changed = msgspec.structs.replace(
        namespace,
        links=(*namespace.links, link),
        addresses=(*namespace.addresses, Address("wg0", 4, INNER[name], 24)),
        routes=(*namespace.routes, local(f"10.9.0.{1 if name == 'one' else 2}/32", "wg0"), route("10.9.0.0/24", "wg0")),
    )
    return msgspec.structs.replace(host, namespaces=(changed,))


def walked(*hosts: Host) -> Trace:
    return walk_flow(Network(hosts), Flow(FromHost(), 4, INNER["two"], "tcp", 80, host="one"))


def to(address: int, port: int = 51820, *allowed: Prefix) -> tuple[Peer, ...]:
    return (Peer(1, Endpoint(4, address, port), allowed or (FAR,)),)


# hosts, verdict, reason and host of the stop
CASES: dict[str, tuple[tuple[Host, ...], str, tuple[str, str] | None]] = {
    "keys are a condition": ((guarded("one"), guarded("two")), "depends", None),
    "one host alone": ((guarded("one"),), "leaves", None),
    "no peer may get it": (
        (guarded("one", peers=to(ADDRESSES["two"], 51820, NEAR)), guarded("two")), "rejected",
        ("no-tunnel-remote", "one"),
    ),
    "the peer's endpoint is not known": (
        (guarded("one", peers=(Peer(1, None, (FAR,)),)), guarded("two")), "rejected", ("no-tunnel-remote", "one"),
    ),
    "the peer may not send from there": (
        (guarded("one"), guarded("two", peers=to(ADDRESSES["one"], 51820, FAR))), "dropped",
        ("peer-not-allowed", "two"),
    ),
    "another peer may send from there": (
        (guarded("one"), guarded("two", peers=(*to(ADDRESSES["one"], 51820, FAR), Peer(2, None, (NEAR,))))), "dropped",
        ("peer-not-allowed", "two"),
    ),
    "a peer that moved may": ((guarded("one"), guarded("two", peers=to(STRANGER, 7, NEAR))), "depends", None),
    "another port there": ((guarded("one"), guarded("two", port=51821)), "dropped", ("no-tunnel", "two")),
    "the device there is down": ((guarded("one"), guarded("two", up=False)), "dropped", ("no-tunnel", "two")),
    "an address that the far host does not have": (
        (guarded("one", peers=to(STRANGER)), guarded("two")), "depends", ("endpoint-elsewhere", "one"),
    ),
    "the far settings were not read": ((guarded("one"), guarded("two", read=False)), "depends", None),
    "the far INPUT drops the port": ((guarded("one"), guarded("two", rules=BLOCKED)), "dropped", ("rule", "two")),
    "the outer packet has the device's mark": ((guarded("one", rules=MARKED), guarded("two")), "dropped",
                                               ("rule", "one")),
}  # fmt: skip


@each_row(("hosts", "verdict", "stop"), CASES.values(), ids=CASES)
def test_ways(hosts: tuple[Host, ...], verdict: str, stop: tuple[str, str] | None) -> None:
    trace = walked(*hosts)
    found = None if stop is None else trace.usual.stop
    assert (trace.verdict, (found.reason, found.netns.host) if found is not None else None) == (verdict, stop)


def test_the_condition_is_named_once_for_both_directions() -> None:
    (condition,) = walked(guarded("one"), guarded("two")).conditions
    assert (
        str(condition.said) == "wg0 of one and wg0 of two have each other's WireGuard keys, which hairpin never reads"
    )


def test_steps_show_the_outer_packet() -> None:
    steps = walked(guarded("one"), guarded("two")).usual.request
    outer = {(p.sport, p.daddr, p.dport, p.length_bytes) for p in (each.packet for each in steps) if p.dport == 51820}
    assert outer == {(51820, ADDRESSES["two"], 51820, 64 + 60)}


def test_what_disagrees_is_quoted() -> None:
    stop = walked(guarded("one"), guarded("two", peers=to(ADDRESSES["one"], 51820, FAR))).usual.stop
    assert stop is not None
    assert isinstance(stop.decided_by, LinkDecided)
    assert str(stop.decided_by.said) == "no peer may send from 10.9.0.1; the allowed addresses are peer 1: 10.9.0.2/32"


REASONS = {
    "allowed-addresses.near": ("no-tunnel-remote", "node1"),
    "allowed-addresses.far": ("peer-not-allowed", "node2"),
    "endpoint-port": ("no-tunnel", "node2"),
    "endpoint-address": ("endpoint-elsewhere", "node1"),
    "no-endpoint": ("no-tunnel-remote", "node1"),
    "port-dropped": ("rule", "node2"),
}
CONDITIONAL = ("healthy", "other-keys", "endpoint-address")


@each_row("name", expected())
def test_recorded_pairs(name: str) -> None:
    """The kernel's verdict where readings decide; with them alone, other keys look as healthy as the right ones."""
    trace = walk_flow(pair(name), TO_NODE2)
    verdicts = {"delivered": "delivered", "timeout": "dropped", "unreachable": "rejected"}
    stop = trace.usual.stop
    assert trace.verdict == ("depends" if name in CONDITIONAL else verdicts[expected()[name].real])
    assert trace.usual.succeeds == (name in ("healthy", "other-keys"))
    assert (name in REASONS) == (stop is not None)
    assert stop is None or (stop.reason, stop.netns.host) == REASONS[name]


KEY = re.compile(r"[A-Za-z0-9+/]{43}=")
"""A Curve25519 key in base64."""


@each_row("name", expected())
def test_no_key_is_recorded(name: str) -> None:
    texts = [reading.text for host in HOSTS for reading in evidence(name, host).readings]
    assert [text for text in texts if KEY.search(text)] == []
    assert sum("allowed-ips\twg0\tpeer 1\t" in text for text in texts) == 2


@each_row("name", expected())
def test_redacted_pairs_are_walked_alike(name: str) -> None:
    hosts = tuple(parse(each) for each in redact_together(tuple(evidence(name, host) for host in HOSTS), b"key"))
    address = next(each.value for each in hosts[1].namespaces[0].addresses if each.link == "wg0")
    flow = Flow(FromHost(), 4, address, "tcp", 80, host=hosts[0].name)
    assert walk_flow(Network(hosts), flow).verdict == walk_flow(pair(name), TO_NODE2).verdict

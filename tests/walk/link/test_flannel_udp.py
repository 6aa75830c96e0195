"""flanneld relays what enters its tun device: out by UDP, through the underlay, and out of the far tun device."""

import msgspec

from hairpin.host.host import Host
from hairpin.host.link import Address, Link
from hairpin.host.managers import ConfigFile
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.decided import Assumed
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import local, route
from tests.two_hosts import ADDRESSES, OPEN, TUNNEL_ADDRESSES, node

WEB = parse_address("10.244.2.1")[1]
BLOCKED = OPEN.replace("COMMIT", "-A INPUT -p udp -m udp --dport 8285 -j {}\nCOMMIT")


def relaying(name: str, *, rules: str = OPEN, holder: str | None = "flanneld", halted: bool = False,
             lease: bool = True, port: int = 8285, mtu_bytes: int = 1472) -> Host:  # fmt: skip
    """Return a node as flannel's udp backend leaves it; its bridge has the first address of the lease."""
    number = 1 if name == "one" else 2
    host = node(name, rules=rules)
    (namespace,) = host.namespaces
    kept = tuple(each for each in namespace.links if each.name != "flannel.1")
    tun = Link(7, "flannel0", "tun", mtu_bytes=mtu_bytes, flags=("POINTOPOINT", "NOARP"), holder=holder)
    udp = Socket("udp", 4, ADDRESSES[name], port, process="flanneld", pid=9, halted=halted, evidence="e8")
    bridge = Address("docker0", 4, parse_address(f"10.244.{number}.1")[1], 24)
    changed = msgspec.structs.replace(
        namespace,
        links=(*kept, tun),
        addresses=(
            *(each for each in namespace.addresses if each.link not in ("flannel.1", "docker0")),
            Address("flannel0", 4, TUNNEL_ADDRESSES[name], 32),
            bridge,
        ),
        routes=(
            *(each for each in namespace.routes if each.next_hops[0].link not in ("flannel.1", "docker0")),
            local(f"10.244.{number}.0/32", "flannel0"),
            local(f"10.244.{number}.1/32", "docker0"),
            route(f"10.244.{number}.0/24", "docker0"),
            route("10.244.0.0/16", "flannel0"),
        ),
        sockets=(*namespace.sockets, udp),
        neighbours=(),
        fdb=(),
    )
    file = ConfigFile(
        "/run/flannel/subnet.env", f"FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.{number}.1/24\n"
    )
    return msgspec.structs.replace(host, namespaces=(changed,), files=(file,) if lease else ())


def without_relay(name: str) -> Host:
    """Return a node whose flanneld has ended: its tun device and its socket are gone, its file is not."""
    host = relaying(name)
    (namespace,) = host.namespaces
    changed = msgspec.structs.replace(
        namespace,
        links=tuple(each for each in namespace.links if each.name != "flannel0"),
        addresses=tuple(each for each in namespace.addresses if each.link != "flannel0"),
        routes=tuple(each for each in namespace.routes if each.next_hops[0].link != "flannel0"),
        sockets=tuple(each for each in namespace.sockets if each.process != "flanneld"),
    )
    return msgspec.structs.replace(host, namespaces=(changed,))


def walked(*hosts: Host) -> Trace:
    return walk_flow(Network(hosts), Flow(FromHost(), 4, WEB, "tcp", 80, host="one"))


# hosts, verdict, reason and host of the stop
CASES: dict[str, tuple[tuple[Host, ...], str, tuple[str, str] | None]] = {
    "through": ((relaying("one"), relaying("two")), "delivered", None),
    "one host alone": ((relaying("one"),), "leaves", None),
    "another program has the device": (
        (relaying("one", holder="openvpn"), relaying("two")), "depends", ("opaque-device", "one"),
    ),
    "the lease was not read": (
        (relaying("one"), relaying("two", lease=False)), "depends", ("opaque-device", "one"),
    ),
    "the far INPUT drops the port": (
        (relaying("one"), relaying("two", rules=BLOCKED.format("DROP"))), "dropped", ("rule", "two"),
    ),
    "a refusal is flanneld's, not the sender's": (
        (relaying("one"), relaying("two", rules=BLOCKED.format("REJECT"))), "dropped", ("reject", "two"),
    ),
    "the near INPUT drops the answers": (
        (relaying("one", rules=BLOCKED.format("DROP")), relaying("two")), "unanswered", ("rule", "one"),
    ),
    "the far flanneld has ended": ((relaying("one"), without_relay("two")), "dropped", ("no-tunnel", "two")),
    "the far flanneld listens on another port": (
        (relaying("one"), relaying("two", port=8286)), "dropped", ("no-tunnel", "two"),
    ),
    "the far flanneld is halted": (
        (relaying("one"), relaying("two", halted=True)), "dropped", ("process-frozen", "two"),
    ),
    "the near flanneld is halted": (
        (relaying("one", halted=True), relaying("two")), "dropped", ("process-frozen", "one"),
    ),
}  # fmt: skip


@each_row(("hosts", "verdict", "stop"), CASES.values(), ids=CASES)
def test_ways(hosts: tuple[Host, ...], verdict: str, stop: tuple[str, str] | None) -> None:
    trace = walked(*hosts)
    found = None if stop is None else trace.usual.stop
    assert (trace.verdict, (found.reason, found.netns.host) if found is not None else None) == (verdict, stop)


def test_the_outer_packet_goes_from_port_to_port() -> None:
    steps = walked(relaying("one"), relaying("two")).usual.request
    outer = {(p.saddr, p.sport, p.daddr, p.dport, p.length_bytes) for p in (s.packet for s in steps) if p.dport == 8285}
    assert outer == {(ADDRESSES["one"], 8285, ADDRESSES["two"], 8285, 60 + 28)}


def test_flanneld_counts_the_ttl_down_at_both_ends() -> None:
    steps = walked(relaying("one"), relaying("two")).usual.request
    assert steps[-1].packet.ttl == 64 - 2


def test_that_flanneld_knows_the_lease_is_assumed() -> None:
    steps = walked(relaying("one"), relaying("two")).usual.request
    said = [str(each.decided_by.said) for each in steps if isinstance(each.decided_by, Assumed)]
    assert "flanneld of one knows the lease of two" in said

"""What hints that a tunnel's far end, which was not read, does not take the outer packets."""

import pytest
from msgspec.structs import replace

from hairpin.host.host import Host
from hairpin.host.link import Address, Endpoint, Link, Peer, Tunnel, Wireguard
from hairpin.host.route import FdbEntry, Neighbour
from hairpin.netfilter.address import Prefix
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.conntrack_lines import entries, outer
from tests.rows import each_row
from tests.small_host import local, number, route
from tests.two_hosts import ADDRESSES, TUNNEL_ADDRESSES, TUNNEL_MACS, node, vxlan

HERE, FAR = "198.51.100.11", "198.51.100.12"
APART = number("203.0.113.12")
FLOW = Flow(FromHost(), 4, TUNNEL_ADDRESSES["two"], "tcp", 80, host="one")
NAMED = Tunnel("vxlan", key=1, port=4789, local=ADDRESSES["one"], underlay="eth0")


def with_entries(host: Host, *lines: str, fdb: tuple[FdbEntry, ...] = (), **changes: object) -> Network:
    namespace = host.namespaces[0]
    entered = tuple(replace(each, state="permanent") for each in namespace.fdb)
    changed = replace(namespace, connections=entries(*lines), fdb=(*entered, *fdb), **changes)
    return Network((replace(host, namespaces=(changed,)),))


def renamed(host: Host, name: str) -> Host:
    """Return the host whose tunnel device has another name."""
    namespace = host.namespaces[0]
    links = tuple(replace(each, name=name) if each.name == "flannel.1" else each for each in namespace.links)
    addresses = tuple(replace(each, link=name) if each.link == "flannel.1" else each for each in namespace.addresses)
    routes = tuple(
        replace(
            each, next_hops=tuple(replace(hop, link=name) if hop.link == "flannel.1" else hop for hop in each.next_hops)
        )
        for each in namespace.routes
    )
    neighbours = tuple(replace(each, link=name) for each in namespace.neighbours)
    fdb = tuple(replace(each, port=name) for each in namespace.fdb)
    made = replace(namespace, links=links, addresses=addresses, routes=routes, neighbours=neighbours, fdb=fdb)
    return replace(host, namespaces=(made,))


def third(remote: int) -> FdbEntry:
    return FdbEntry(None, "flannel.1", 0x0200_0000_0033, state="permanent", remote=remote)


SENT = outer(HERE, FAR, 29)
BY_HAND = renamed(node("one"), "vx0")
VMWARE = replace(renamed(node("one", tunnel=NAMED), "vxlan7"), hypervisor="vmware")
HINTS: dict[str, tuple[Network, str]] = {
    "nothing came from there": (with_entries(node("one"), SENT), "conntrack has seen none from"),
    "nothing came since": (with_entries(node("one"), SENT, outer(FAR, HERE, 20)), "conntrack has seen none from"),
    "it sends to another port": (
        with_entries(node("one"), SENT, outer(FAR, HERE, 29, port=4789)), "sends its own outer packets to port 4789",
    ),
    "it is apart from all others": (
        with_entries(node("one", remote=APART), fdb=(third(ADDRESSES["two"]),)), "All other far ends of flannel.1",
    ),
    "the kernel's port, made by hand": (with_entries(BY_HAND), "The port is the kernel's default"),
    "NSX": (with_entries(VMWARE), "VMware NSX"),
}  # fmt: skip


@each_row(("net", "said"), HINTS.values(), ids=HINTS)
def test_a_hint_is_a_question(net: Network, said: str) -> None:
    trace = walk_flow(net, FLOW)
    assert trace.verdict == "leaves"
    (asked,) = trace.questions
    assert said in str(asked.text)
    assert asked.breaks_if == "no"


BOTH = (SENT, outer(FAR, HERE, 29))
HEARD: dict[str, Network] = {
    "flannel without traffic": with_entries(node("one")),
    "outer packets of both directions": with_entries(node("one"), *BOTH),
    "of both directions, some seconds ago": with_entries(node("one"), outer(HERE, FAR, 20), outer(FAR, HERE, 20)),
    "made by hand, with both": with_entries(BY_HAND, *BOTH),
    "made by hand, and learned": with_entries(
        BY_HAND, fdb=(FdbEntry(None, "vx0", 0x0200_0000_0044, remote=ADDRESSES["two"]),)
    ),
    "another port, and its own": with_entries(node("one"), *BOTH, outer(FAR, HERE, 29, port=4789, sport=1)),
    "all far ends are apart": with_entries(node("one", remote=APART), fdb=(third(APART + 1),)),
    "one far end, apart": with_entries(node("one", remote=APART)),
    "the registered port": with_entries(renamed(node("one", tunnel=NAMED), "vx0")),
}


@each_row("net", HEARD.values(), ids=HEARD)
def test_without_a_hint_nothing_is_asked(net: Network) -> None:
    trace = walk_flow(net, FLOW)
    assert trace.verdict == "leaves"
    assert trace.questions == ()


@pytest.mark.parametrize(("mac", "asked"), ((0x0242_0A0A_0007, 1), (0x0242_0A0A_0002, 0), (TUNNEL_MACS["two"], 0)))
def test_a_permanent_entry_of_a_former_container(mac: int, asked: int) -> None:
    """Docker makes a container's hardware address of its IPv4 address, here 10.10.0.2."""
    address = number("10.10.0.2")
    host = node("one")
    net = with_entries(
        host, *BOTH,
        addresses=(*host.namespaces[0].addresses, Address("flannel.1", 4, number("10.10.0.1"), 24)),
        routes=(*host.namespaces[0].routes, route("10.10.0.0/24", "flannel.1"), local("10.10.0.1/32", "flannel.1")),
        neighbours=(Neighbour("flannel.1", 4, address, mac, "PERMANENT"),),
        fdb=(FdbEntry(None, "flannel.1", mac, state="permanent", remote=ADDRESSES["two"]),),
    )  # fmt: skip
    trace = walk_flow(net, replace(FLOW, daddr=address))
    told = [
        str(each.text)
        for each in trace.questions
        if "Docker gives this hardware address to the container 10.10.0.7" in str(each.text)
    ]
    assert len(told) == asked


@pytest.mark.parametrize(("kind", "cloud", "asked"), (("ipip", "azure", 1), ("ipip", "aws", 0), ("vxlan", "azure", 0)))
def test_azure_carries_no_ip_in_ip(kind: str, cloud: str, asked: int) -> None:
    tunnel = Tunnel("ipip", local=ADDRESSES["one"], remote=ADDRESSES["two"]) if kind == "ipip" else vxlan("one")
    host = node("one", tunnel=tunnel)
    namespace = host.namespaces[0]
    links = tuple(
        replace(each, kind="ipip", flags=("NOARP",)) if each.tunnel and kind == "ipip" else each
        for each in namespace.links
    )
    net = with_entries(replace(host, cloud=cloud), links=links)
    assert len([each for each in walk_flow(net, FLOW).questions if "azure" in str(each.text)]) == asked


@pytest.mark.parametrize(("handshake", "asked"), ((0, 1), (1_700_000_000, 0)))
def test_a_wireguard_peer_without_a_handshake(handshake: int, asked: int) -> None:
    host = node("one")
    namespace = host.namespaces[0]
    allowed = Prefix(4, number("10.66.0.0"), 24)
    peer = Peer(1, Endpoint(4, ADDRESSES["two"], 51820), (allowed,), handshake)
    link = Link(9, "wg0", "wireguard", flags=("NOARP",), wireguard=Wireguard(51820, peers=(peer,)))
    net = with_entries(
        host,
        links=(*namespace.links, link),
        addresses=(*namespace.addresses, Address("wg0", 4, number("10.66.0.1"), 24)),
        routes=(*namespace.routes, route("10.66.0.0/24", "wg0"), local("10.66.0.1/32", "wg0")),
    )
    flow = replace(FLOW, daddr=number("10.66.0.2"))
    told = [each for each in walk_flow(net, flow).questions if "handshake" in str(each.text)]
    assert len(told) == asked


def test_two_permanent_entries_with_one_hardware_address() -> None:
    host = node("one")
    entered = host.namespaces[0].neighbours
    twin = Neighbour("flannel.1", 4, TUNNEL_ADDRESSES["two"] + 9, TUNNEL_MACS["two"], "PERMANENT")
    (asked,) = walk_flow(with_entries(host, *BOTH, neighbours=(*entered, twin)), FLOW).questions
    assert "for 10.244.2.0 and for 10.244.2.9. Both entries are right only if" in str(asked.text)
    elsewhere = replace(twin, link="eth0")
    assert walk_flow(with_entries(host, *BOTH, neighbours=(*entered, elsewhere)), FLOW).questions == ()

"""The remote of a tunnel's frames, and the device that receives them there."""

import msgspec
import pytest

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link, Tunnel
from hairpin.host.route import FdbEntry
from hairpin.network.network import Network, Port
from hairpin.network.tunnel.tunnels import (
    Remote,
    far_ends,
    listens,
    overhead_bytes,
    receiver,
    refusal,
    remotes_of,
    underlay_netns,
)
from tests.rows import each_row
from tests.two_hosts import ADDRESSES, ONE, TUNNEL_MACS, TWO, network, node, vxlan

HERE, THERE, THIRD = ADDRESSES["one"], ADDRESSES["two"], 0xC633640D
FLANNEL = Link(3, "flannel.1", "vxlan", tunnel=vxlan("one"))


def database(*entries: tuple[int, int]) -> Namespace:
    return Namespace("host", fdb=tuple(FdbEntry(None, "flannel.1", mac, remote=remote) for mac, remote in entries))


def test_a_frame_goes_where_its_entry_says() -> None:
    entries = database((7, THERE), (8, THIRD), (0, HERE))
    assert remotes_of(entries, FLANNEL, 8) == (Remote(THIRD),)


def test_a_frame_without_an_entry_is_flooded() -> None:
    group = msgspec.structs.replace(FLANNEL, tunnel=msgspec.structs.replace(vxlan("one"), remote=THIRD))
    entries = database((0, THERE), (0, HERE), (7, THERE))
    assert remotes_of(entries, FLANNEL, 9) == (Remote(THERE), Remote(HERE))
    assert remotes_of(entries, group, None) == (Remote(THERE), Remote(HERE), Remote(THIRD, "eth0"))
    assert remotes_of(database(), FLANNEL, 9) == ()
    assert remotes_of(entries, Link(2, "eth0"), 7) == ()


def test_an_entry_is_bound_to_its_own_link() -> None:
    entries = Namespace("host", fdb=(FdbEntry(None, "flannel.1", 7, remote=THERE, via="eth1"),))
    assert remotes_of(entries, FLANNEL, 7) == (Remote(THERE, "eth1"),)


def test_a_device_listens_while_it_is_up() -> None:
    up, down = (one_with(each) for each in (FLANNEL, msgspec.structs.replace(FLANNEL, up=False)))
    assert listens(up, ONE, vxlan("two", key=2))
    assert not listens(up, ONE, vxlan("two", port=4789))
    assert not listens(down, ONE, vxlan("two"))


def one_with(*links: Link, overlay: tuple[Link, ...] = ()) -> Network:
    """Return one host with these links, and a namespace beside the host's with others."""
    namespaces = (Namespace("host", links=links), Namespace("netns:1-abc", links=overlay))
    return Network((Host("one", namespaces=namespaces),))


def test_a_moved_device_takes_what_comes_to_the_namespace_that_it_was_made_in() -> None:
    moved = msgspec.structs.replace(FLANNEL, peer_netnsid=0)
    inside = ONE.sibling("netns:1-abc")
    assert underlay_netns(inside, moved) == ONE
    assert underlay_netns(inside, FLANNEL) == inside
    found = [receiver(one_with(overlay=(each,)), ONE, vxlan("two")) for each in (moved, FLANNEL)]
    assert found == [Port(inside, "flannel.1"), None]
    assert receiver(one_with(overlay=(FLANNEL,)), inside, vxlan("two")) == Port(inside, "flannel.1")


def test_the_device_at_the_other_end() -> None:
    net = network()
    link = net.namespace(ONE).link("flannel.1")
    assert link is not None
    assert far_ends(net, ONE, link, TUNNEL_MACS["two"]) == (Port(TWO, "flannel.1"),)
    alone = network(node("one"))
    assert far_ends(alone, ONE, link, TUNNEL_MACS["two"]) == (None,)
    assert far_ends(net, ONE, Link(2, "eth0"), None) == ()


GENEVE = Tunnel("geneve", key=1, port=6081)
GENEVE_TO_HERE = Tunnel("geneve", key=1, port=6081, remote=HERE)
GRE = Tunnel("gre", key=5, local=HERE, remote=THERE)
# the device here, how the sender encapsulates, outer source, whether the device takes it
TAKEN: dict[str, tuple[Tunnel, Tunnel, int, bool]] = {
    "vxlan of the same VNI and port": (vxlan("two"), vxlan("one"), HERE, True),
    "another VNI": (vxlan("two", key=2), vxlan("one"), HERE, False),
    "another port": (vxlan("two", port=4789), vxlan("one"), HERE, False),
    "routes say the VNI": (msgspec.structs.replace(vxlan("two", key=9), external=True), vxlan("one"), HERE, True),
    "vxlan from a stranger": (vxlan("two"), vxlan("one"), THIRD, True),
    "geneve from its remote": (GENEVE_TO_HERE, GENEVE, HERE, True),
    "geneve from another": (GENEVE_TO_HERE, GENEVE, THIRD, False),
    "gre both ways": (Tunnel("gre", key=5, local=THERE, remote=HERE), GRE, HERE, True),
    "gre of another key": (Tunnel("gre", key=6, local=THERE, remote=HERE), GRE, HERE, False),
    "gre with another local end": (Tunnel("gre", key=5, local=THIRD, remote=HERE), GRE, HERE, False),
    "another kind": (Tunnel("ipip"), GRE, HERE, False),
}


KEYLESS = Tunnel("ipip", local=HERE, remote=THERE)
FALLBACK = Link(3, "tunl0", "ipip", up=False, tunnel=Tunnel("ipip"))
FROM_ANY = Link(4, "any0", "ipip", tunnel=Tunnel("ipip", local=THERE))
FROM_HERE = Link(5, "here0", "ipip", tunnel=Tunnel("ipip", remote=HERE))
# the devices here, the name of the one that takes the packet
DEVICES: dict[str, tuple[tuple[Link, ...], str | None]] = {
    "none but the kernel's own, which is down": ((FALLBACK,), None),
    "the kernel's own, once it is up": ((msgspec.structs.replace(FALLBACK, up=True),), "tunl0"),
    "before the kernel's own": ((msgspec.structs.replace(FALLBACK, up=True), FROM_ANY), "any0"),
    "the remote end goes before the local one": ((FROM_ANY, FROM_HERE), "here0"),
    "one that is down is passed over": ((FROM_ANY, msgspec.structs.replace(FROM_HERE, up=False)), "any0"),
}


@each_row(("links", "expected"), DEVICES.values(), ids=DEVICES)
def test_receiver_among_several(links: tuple[Link, ...], expected: str | None) -> None:
    found = receiver(one_with(*links), ONE, KEYLESS)
    assert (found.link if found is not None else None) == expected


OTHER_KEY = Link(9, "gre1", "gre", tunnel=Tunnel("gre", key=6))
REFUSALS: dict[str, tuple[Tunnel, tuple[Link, ...], str | None]] = {
    "vxlan, where a socket is": (vxlan("two", key=2), (FLANNEL,), None),
    "vxlan, where none is": (vxlan("two"), (), "icmpx-port-unreachable"),
    "geneve, where the socket is of IPv6": (
        GENEVE,
        (Link(3, "g6", "geneve", tunnel=msgspec.structs.replace(GENEVE, version=6)),),
        "icmpx-port-unreachable",
    ),
    "gre of another key": (GRE, (OTHER_KEY,), "icmp-port-unreachable"),
    "gre, of which the kernel knows nothing yet": (GRE, (FLANNEL, FROM_ANY), "icmp-proto-unreachable"),
}


@each_row(("sender", "links", "expected"), REFUSALS.values(), ids=REFUSALS)
def test_refusal(sender: Tunnel, links: tuple[Link, ...], expected: str | None) -> None:
    assert refusal(one_with(*links), ONE, sender) == expected


@pytest.mark.parametrize(("own", "sender", "source", "expected"), TAKEN.values(), ids=TAKEN)
def test_receiver(own: Tunnel, sender: Tunnel, source: int, *, expected: bool) -> None:
    link = Link(9, "tunnel0", own.kind, tunnel=own)
    outer = msgspec.structs.replace(sender, local=source, remote=THERE)
    found = receiver(one_with(Link(2, "eth0"), link), ONE, outer)
    assert (found == Port(ONE, "tunnel0")) is expected


OVERHEADS: dict[str, tuple[Tunnel, int]] = {
    "vxlan": (Tunnel("vxlan", key=1, port=4789), 50),
    "vxlan over IPv6": (Tunnel("vxlan", 6, key=1, port=4789), 70),
    "geneve": (Tunnel("geneve", key=1, port=6081), 50),
    "gre": (Tunnel("gre"), 24),
    "gre with a key": (Tunnel("gre", key=1), 28),
    "gretap": (Tunnel("gretap"), 38),
    "ipip": (Tunnel("ipip"), 20),
    "wireguard": (Tunnel("wireguard"), 60),
    "wireguard over IPv6": (Tunnel("wireguard", 6), 80),
}


@each_row(("tunnel", "expected"), OVERHEADS.values(), ids=OVERHEADS)
def test_overhead(tunnel: Tunnel, expected: int) -> None:
    """As `ip link` counts it when it makes the device: 1500 less than its default MTU."""
    assert overhead_bytes(tunnel) == expected

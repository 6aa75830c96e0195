import msgspec
import pytest

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.network.network import Network, Port
from hairpin.network.stacked import (
    bridges,
    link_of,
    lower_of,
    parents_of,
    routes_below,
    stacked_on,
    takes_address,
    takes_all,
    takes_frame,
)
from tests.rows import each_row
from tests.small_host import HOST_NETNS, route, sibling

UPLINK = Port(HOST_NETNS, "eth0")
ONE, OTHER, SHIM = Port(sibling("container:a"), "eth0"), Port(sibling("container:b"), "eth0"), Port(HOST_NETNS, "shim")
HOST = Namespace(
    "host", links=(Link(2, "eth0", mac=0x10), Link(9, "shim", "macvlan", peer_index=2, mac=0x13, macvlan_mode="bridge"))
)

ALONE = Namespace("host", links=HOST.links[:1])


def inner(name: str, mac: int, *, mode: str = "bridge", up: bool = True, kind: str = "macvlan") -> Namespace:
    link = Link(2, "eth0", kind, up=up, peer_index=2, peer_netnsid=0, mac=mac, macvlan_mode=mode)
    return Namespace(name, links=(link,), addresses=(Address("eth0", 4, mac, 24),))


def net(*namespaces: Namespace) -> Network:
    return Network((Host("test", namespaces=(HOST, *namespaces)),))


BOTH = net(inner("container:a", 0x11), inner("container:b", 0x12, up=False))


def test_the_links_on_top_of_a_link() -> None:
    assert stacked_on(BOTH, UPLINK) == (SHIM, ONE, OTHER)
    assert stacked_on(BOTH, ONE) == ()
    assert stacked_on(BOTH, Port(HOST_NETNS, "eth9")) == ()
    for port in (SHIM, ONE, OTHER):
        assert lower_of(BOTH, port.netns, link_of(BOTH, port)) == UPLINK
    assert lower_of(BOTH, HOST_NETNS, HOST.links[0]) is None


def test_the_parent_of_the_link_that_has_an_address() -> None:
    assert parents_of(BOTH, HOST_NETNS, 4, 0x11) == ("eth0",)
    assert parents_of(BOTH, HOST_NETNS, 4, 0x12) == ()  # it is down
    assert parents_of(BOTH, HOST_NETNS, 6, 0x11) == ()
    below = inner("container:a", 0x11, mode="l3", kind="ipvlan")
    assert parents_of(net(below), HOST_NETNS, 4, 0x11) == ()


def test_a_host_that_routes_for_a_macvlan_is_on_the_way_to_it() -> None:
    """Its default route leads to an address of the host, so the LAN's machines reach it through the host, too."""
    child = inner("container:a", 0x11)
    for gateway, expected in (("10.0.0.1", ()), ("10.0.0.2", ("eth0",))):
        behind = msgspec.structs.replace(child, routes=(route("default", "eth0", via=gateway),))
        host = msgspec.structs.replace(HOST, addresses=(Address("shim", 4, 0x0A000001, 24),))
        whole = Network((Host("test", namespaces=(host, behind)),))
        assert parents_of(whole, HOST_NETNS, 4, 0x11) == expected


def test_a_lower_link_that_was_not_read() -> None:
    away = msgspec.structs.replace(HOST.links[1], peer_netnsid=3)
    assert lower_of(BOTH, HOST_NETNS, away) is None
    with pytest.raises(KeyError):
        link_of(BOTH, Port(HOST_NETNS, "eth9"))


# network, hardware address, who takes a frame to it
FRAMES: dict[str, tuple[Network, int, Port | None]] = {
    "its own": (BOTH, 0x11, ONE),
    "the host's": (BOTH, 0x13, SHIM),
    "the lower link's": (BOTH, 0x10, None),
    "of one that is down": (BOTH, 0x12, None),
    "passthru takes all": (
        Network((Host("test", namespaces=(ALONE, inner("container:a", 0x11, mode="passthru"))),)), 0x10, ONE,
    ),
    "ipvlan has none": (net(inner("container:a", 0x11, kind="ipvlan")), 0x11, None),
}  # fmt: skip


@each_row(("network", "mac", "port"), FRAMES.values(), ids=FRAMES)
def test_the_macvlan_that_receives_a_frame(network: Network, mac: int, port: Port | None) -> None:
    assert takes_frame(network, UPLINK, mac) == port


def test_only_passthru_receives_all_frames() -> None:
    alone = Network((Host("test", namespaces=(ALONE, inner("container:a", 0x11, mode="passthru"))),))
    assert (takes_all(alone, UPLINK), takes_all(BOTH, UPLINK)) == (ONE, None)


def test_the_stacked_link_that_has_an_address() -> None:
    assert takes_address(BOTH, UPLINK, 4, 0x11) == ONE
    assert takes_address(BOTH, UPLINK, 4, 0x12) is None
    assert takes_address(BOTH, UPLINK, 6, 0x11) is None


@pytest.mark.parametrize(("mode", "expected"), (("bridge", True), (None, True), ("private", False), ("vepa", False)))
def test_bridges(mode: str | None, expected: bool) -> None:
    assert bridges(Link(2, "eth0", "macvlan", macvlan_mode=mode)) is expected


@pytest.mark.parametrize(
    ("kind", "mode", "expected"),
    (("ipvlan", "l2", False), ("ipvlan", "l3", True), ("ipvlan", "l3s", True), ("macvlan", "bridge", False)),
)
def test_ipvlans_whose_packets_the_namespace_below_routes(kind: str, mode: str, expected: bool) -> None:
    assert routes_below(Link(2, "eth0", kind, macvlan_mode=mode)) is expected

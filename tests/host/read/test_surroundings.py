"""Which namespaces are guests of a host, and which play the machines around it."""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.read.surroundings import without_surroundings
from hairpin.host.route import Route
from hairpin.network.prefix import parse_address
from tests.rows import each_row
from tests.small_host import lo, route

DEFAULT = route("default", "eth0", via="198.51.100.1")


def address(link: str, text: str) -> Address:
    return Address(link, 4, parse_address(text)[1], 24)


def veth(name: str, index: int, *, master: str | None = None) -> Link:
    """Return the end of the pair whose other end has the next number, or the number before if this one is odd."""
    peer = index + 1 if index % 2 == 0 else index - 1
    return Link(index, name, "veth", master=master, peer_index=peer, peer_netnsid=index // 2)


def netns(name: str, *links: Link, has: str = "10.0.0.2") -> Namespace:
    return Namespace(name, links=(lo(), *links), addresses=(address("eth0", has),))


ROUTER = netns("netns:router", veth("eth0", 11), veth("eth1", 20), has="198.51.100.1")
CLIENT = netns("netns:client", veth("eth0", 21))
GUEST = netns("netns:pid-7", veth("eth0", 13))
BRIDGE = Link(9, "br0", "bridge")
PLAIN = (veth("eth0", 10), veth("guest0", 12))
BRIDGED = (BRIDGE, veth("up0", 10, master="br0"), veth("guest0", 12, master="br0"))


def host(*links: Link, routes: tuple[Route, ...] = (DEFAULT,)) -> Namespace:
    return Namespace("host", links=(lo(), *links), addresses=(address("eth0", "198.51.100.11"),), routes=routes)


LEFT: dict[str, tuple[Namespace, list[str]]] = {
    "the default route leads to the router, and the client is behind it": (host(*PLAIN), ["netns:pid-7"]),
    "no route at all: the link with the host's address leads out": (host(*PLAIN, routes=()), ["netns:pid-7"]),
    "the default route leaves by a bridge: the gateway is the router's": (
        host(*BRIDGED, routes=(route("default", "br0", via="198.51.100.1"),)), ["netns:pid-7"],
    ),
    "a physical link leads out: the others are guests": (
        host(Link(2, "enp1s0"), *PLAIN), ["netns:router", "netns:client", "netns:pid-7"],
    ),
    "so does a veth whose other end was not read": (
        host(veth("eth9", 90), *PLAIN), ["netns:router", "netns:client", "netns:pid-7"],
    ),
    "another table's default route leads to a guest": (
        host(*PLAIN, routes=(DEFAULT, route("default", "guest0", via="10.0.0.2", table=99))), ["netns:pid-7"],
    ),
}  # fmt: skip


@each_row(("own", "left"), LEFT.values(), ids=LEFT)
def test_without_surroundings(own: Namespace, left: list[str]) -> None:
    found = without_surroundings((own, ROUTER, CLIENT, GUEST))
    assert [each.name for each in found] == ["host", *left]


def test_an_id_tells_which_of_two_pairs_with_equal_numbers_is_meant() -> None:
    own = msgspec.structs.replace(host(*PLAIN), netnsids=((5, "netns:router"), (6, "netns:pid-7")))
    twin = msgspec.structs.replace(ROUTER, name="netns:twin", links=ROUTER.links[:2])
    found = without_surroundings((own, twin, ROUTER, GUEST))
    assert [each.name for each in found] == ["host", "netns:twin", "netns:pid-7"]


def test_containers_and_dockerds_own_namespaces_stay() -> None:
    others = (netns("container:web", veth("eth0", 11)), netns("netns:1-abc", veth("eth0", 13)))
    assert without_surroundings((host(*PLAIN), *others)) == (host(*PLAIN), *others)

"""Addresses and neighbours in the words of ip(8)."""

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import Neighbour
from hairpin.netfilter.ir import Ruleset
from hairpin.netfilter.nft.script.live_table import LoadingHost
from hairpin.netfilter.nft.script.loading import tables_after
from hairpin.network.prefix import parse_address
from hairpin.replica.plan.addresses import addresses, neighbours, still_known
from tests.causes.hosts import DB_MAC, with_db
from tests.rows import each_row
from tests.small_host import HOST_NETNS, WEB, container_namespace, host_namespace, lo, local, network, sibling


def number(text: str) -> int:
    return parse_address(text)[1]


def on(*found: Address) -> Namespace:
    return Namespace("host", links=(Link(1, "lo", "loopback"), Link(2, "eth0")), addresses=found)


ADDRESSES: dict[str, tuple[Address, tuple[str, ...]]] = {
    "plain": (
        Address("eth0", 4, number("192.0.2.1"), 24),
        ("address add 192.0.2.1/24 dev eth0 scope global noprefixroute",),
    ),
    "with a broadcast": (
        Address("eth0", 4, number("192.0.2.1"), 24, broadcast=number("192.0.2.255")),
        ("address add 192.0.2.1/24 broadcast 192.0.2.255 dev eth0 scope global noprefixroute",),
    ),
    "point to point": (
        Address("eth0", 4, number("192.0.2.1"), 32, peer=number("192.0.2.9")),
        ("address add 192.0.2.1 peer 192.0.2.9/32 dev eth0 scope global noprefixroute",),
    ),
    "IPv6, usable at once": (
        Address("eth0", 6, number("fe80::1"), 64, "link"),
        ("address add fe80::1/64 dev eth0 scope link nodad noprefixroute",),
    ),
    "deprecated": (
        Address("eth0", 6, number("2001:db8::1"), 64, deprecated=True),
        ("address add 2001:db8::1/64 dev eth0 scope global nodad preferred_lft 0 noprefixroute",),
    ),
    "tentative, which is nobody's yet": (Address("eth0", 6, number("2001:db8::1"), 64, tentative=True), ()),
    "the loopback's own comes by itself": (Address("lo", 4, number("127.0.0.1"), 8, "host"), ()),
    "another on the loopback does not": (
        Address("lo", 4, number("192.0.2.5"), 32),
        ("address add 192.0.2.5/32 dev lo scope global noprefixroute",),
    ),
    "of a link that is not there": (Address("eth7", 4, number("192.0.2.1"), 24), ()),
}


@each_row(("address", "lines"), ADDRESSES.values(), ids=ADDRESSES)
def test_addresses(address: Address, lines: tuple[str, ...]) -> None:
    assert tuple(addresses(on(address))) == lines


def test_a_link_that_is_set_up_later_gets_the_route_to_its_network() -> None:
    down = (Link(2, "eth0", up=False),)
    own = Address("eth0", 4, number("192.0.2.1"), 24)
    added = "address add 192.0.2.1/24 dev eth0 scope global"
    assert tuple(addresses(Namespace("host", links=down, addresses=(own,)))) == (added,)
    bare = msgspec.structs.replace(own, noprefixroute=True)
    assert tuple(addresses(Namespace("host", links=down, addresses=(bare,)))) == (f"{added} noprefixroute",)


def test_the_newest_of_ipv6_stands_first() -> None:
    """In that order the tools list them, and of equal ones the kernel sends from the first."""
    known = (
        Address("eth0", 4, number("192.0.2.1"), 32),
        Address("eth0", 6, number("2001:db8::2"), 128),
        Address("eth0", 4, number("192.0.2.2"), 32),
        Address("eth0", 6, number("2001:db8::1"), 128),
    )
    made = [line.split()[2] for line in addresses(on(*known))]
    assert made == ["192.0.2.1/32", "192.0.2.2/32", "2001:db8::1/128", "2001:db8::2/128"]


def test_only_neighbours_set_by_hand_are_put_back() -> None:
    known = (
        Neighbour("eth0", 4, number("192.0.2.7"), 0x02420A000007, "PERMANENT"),
        Neighbour("eth0", 4, number("192.0.2.8"), 0x02420A000008, "REACHABLE"),
        Neighbour("eth0", 4, number("192.0.2.6"), 0x02420A000006, "NOARP"),
        Neighbour("eth0", 4, number("192.0.2.9"), None, "NONE", proxy=True),
    )
    assert tuple(neighbours(msgspec.structs.replace(on(), neighbours=known))) == (
        "neighbour replace 192.0.2.7 lladdr 02:42:0a:00:00:07 dev eth0 nud permanent",
        "neighbour replace 192.0.2.6 lladdr 02:42:0a:00:00:06 dev eth0 nud permanent",
        "neighbour add proxy 192.0.2.9 dev eth0",
    )


@pytest.mark.parametrize(("arp_ignore", "mac", "puts_back"), (("8", 2, True), ("0", 2, False), ("8", 9, False)))
def test_what_the_kernel_learned_of_a_silent_neighbour_is_put_back(arp_ignore: str, mac: int, puts_back: bool) -> None:
    """The container knows its gateway, which answers no ARP request any more."""
    host = host_namespace(values={"conf__all__arp_ignore": arp_ignore})
    host = msgspec.structs.replace(
        host,
        links=tuple(msgspec.structs.replace(each, mac=2) if each.name == "docker0" else each for each in host.links),
    )
    gateway = number("172.17.0.1")
    inner = msgspec.structs.replace(container_namespace(), neighbours=(Neighbour("eth0", 4, gateway, mac, "STALE"),))
    built = network(host, inner=inner)
    lines = ("neighbour replace 172.17.0.1 lladdr 00:00:00:00:00:02 dev eth0 nud permanent",)
    assert tuple(still_known(built, sibling("container:web"))) == (lines if puts_back else ())


@pytest.mark.parametrize("arp_ignore", ("8", "0"))
def test_a_known_neighbour_that_cannot_ask_back_does_not_learn_the_host_anew(arp_ignore: str) -> None:
    """The replica's ARP request would tell it the host's address."""
    known = (Neighbour("docker0", 4, WEB, 2, "STALE"),)
    host = msgspec.structs.replace(host_namespace(values={"conf__all__arp_ignore": arp_ignore}), neighbours=known)
    inner = container_namespace()
    links = tuple(msgspec.structs.replace(each, mac=2) if each.name == "eth0" else each for each in inner.links)
    built = network(host, inner=msgspec.structs.replace(inner, links=links))
    lines = ("neighbour replace 172.17.0.2 lladdr 00:00:00:00:00:02 dev docker0 nud permanent",)
    assert tuple(still_known(built, HOST_NETNS)) == (lines if arp_ignore == "8" else ())


@pytest.mark.parametrize("dropped", (True, False))
def test_known_neighbours_stay_where_a_rule_may_drop_the_answers_to_arp(dropped: bool) -> None:
    router = number("198.51.100.1")
    known = (Neighbour("docker0", 4, WEB, 2, "STALE"), Neighbour("eth0", 4, router, 9, "REACHABLE"))
    stray = (
        "table arp stray { chain c { type filter hook input priority 0; policy accept; arp operation reply drop; }; }"
    )
    rules = tables_after(stray if dropped else "", (), LoadingHost(frozenset({"docker0", "eth0"})), source="test")
    host = msgspec.structs.replace(host_namespace(), neighbours=known, ruleset=Ruleset(rules))
    inner = container_namespace()
    links = tuple(msgspec.structs.replace(each, mac=2) if each.name == "eth0" else each for each in inner.links)
    built = network(host, inner=msgspec.structs.replace(inner, links=links))
    lines = (
        "neighbour replace 172.17.0.2 lladdr 00:00:00:00:00:02 dev docker0 nud permanent",
        "neighbour replace 198.51.100.1 lladdr 00:00:00:00:00:09 dev eth0 nud permanent",
    )
    assert tuple(still_known(built, HOST_NETNS)) == (lines if dropped else ())


@pytest.mark.parametrize("rival", (True, False))
def test_a_known_neighbour_whose_address_another_takes_as_well_stays_the_one(rival: bool) -> None:
    """In the replica the other might answer first."""
    address = number("172.17.0.2")
    host = msgspec.structs.replace(host_namespace(), neighbours=(Neighbour("docker0", 4, address, 2, "REACHABLE"),))
    inner = container_namespace()
    links = tuple(msgspec.structs.replace(each, mac=2) if each.name == "eth0" else each for each in inner.links)
    inner = msgspec.structs.replace(inner, links=links)
    taking = (local("172.17.0.2/32", "lo"),) if rival else ()
    other = Namespace("container:other", links=(lo(),), routes=taking)
    small = network(host, inner=inner)
    whole = msgspec.structs.replace(small.this, namespaces=(*small.this.namespaces, other))
    built = msgspec.structs.replace(small, hosts=(whole,))
    lines = ("neighbour replace 172.17.0.2 lladdr 00:00:00:00:00:02 dev docker0 nud permanent",)
    assert tuple(still_known(built, HOST_NETNS)) == (lines if rival else ())


def test_a_known_neighbour_that_has_not_the_address_stays_until_a_change() -> None:
    """It answers by a local route of its own.  With the route the answer goes, and so does the line."""
    built = with_db(
        msgspec.structs.replace(host_namespace(), neighbours=(Neighbour("docker0", 4, WEB, DB_MAC, "STALE"),))
    )
    rival, netns = built.namespace(sibling("container:db")), sibling("container:db")
    taking = msgspec.structs.replace(rival, routes=(*rival.routes, local("172.17.0.2/32", "lo")))
    (line,) = still_known(built.with_namespace(netns, taking), HOST_NETNS)
    assert line.startswith("neighbour replace 172.17.0.2 lladdr ")
    assert line.endswith(" dev docker0 nud reachable")
    assert not tuple(still_known(built, HOST_NETNS))

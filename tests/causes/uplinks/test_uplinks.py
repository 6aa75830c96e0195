"""The host's own link, its address, its router."""

from typing import Literal

import msgspec
import pytest

from hairpin.change.calls import ByPerson
from hairpin.change.change import AddEntry, SetSysctl, added
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.managers import ConfigFile
from hairpin.host.route import Neighbour, Route
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, parse_address
from hairpin.network.world import PublicAddress, World
from tests import two_hosts
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import led_to, with_host, with_link, without_addresses, without_route
from tests.causes.ipv6_hosts import of_ipv6_network, without_address6
from tests.causes.route_hosts import routed
from tests.macvlan_host import on_macvlan
from tests.small_host import HOST_ADDRESS, HOST_NETNS, egress, host_namespace, local, network, published, route, sibling
from tests.two_uplinks import LENIENT, SECOND, STRICT, TO_SECOND, two_uplinks
from tests.whole import one_of_each

PUBLIC = PublicAddress(4, parse_address("203.0.113.9")[1], HOST_ADDRESS)


LAN = parse_address("198.51.100.0")[1]


def without_address(*files: ConfigFile, anycast: bool = False) -> Network:
    """Return the host whose uplink has lost its address, its routes with it.  ``anycast``: lo has one that routers
    know."""
    host = without_route(without_route(without_addresses(host_namespace(), "eth0"), 0), LAN)
    own = (Address("lo", 4, HOST_ADDRESS, 32),) if anycast else ()
    added = tuple(local(f"{address_text(each.value, 4)}/32", "lo") for each in own)
    host = msgspec.structs.replace(host, addresses=(*host.addresses, *own), routes=(*host.routes, *added))
    return with_host(network(host), files=files)


def beside_another_uplink() -> Network:
    """Return the host whose eth0 has lost its address, and whose eth1 has one."""
    host = without_address().namespace(HOST_NETNS)
    own = Address("eth1", 4, parse_address("10.9.0.2")[1], 24)
    return network(
        msgspec.structs.replace(
            host,
            links=(*host.links, Link(9, "eth1")),
            addresses=(*host.addresses, own),
            routes=(*host.routes, local("10.9.0.2/32", "eth1"), route("10.9.0.0/24", "eth1")),
        )
    )


def of_prefix_length(prefix_length: int, *files: ConfigFile) -> Network:
    """Return the host whose address on eth0 was put back with that length, after its routes went with it."""
    host = without_route(without_route(without_addresses(host_namespace(), "eth0"), 0), LAN)
    own = Address("eth0", 4, HOST_ADDRESS, prefix_length)
    return with_host(network(msgspec.structs.replace(host, addresses=(*host.addresses, own))), files=files)


OF_ETH7 = ConfigFile("/etc/network/interfaces", "iface eth7 inet static\n  address 198.51.100.17/24\n")


def without_uplink(*files: ConfigFile) -> Network:
    """Return the host whose eth0 is gone, with what was on it."""
    host = without_route(without_route(without_addresses(host_namespace(), "eth0"), 0), LAN)
    links = tuple(each for each in host.links if each.name != "eth0")
    return with_host(network(msgspec.structs.replace(host, links=links)), files=files)


INTERFACES = ConfigFile(
    "/etc/network/interfaces", "iface eth0 inet static\n  address 198.51.100.11/24\n  gateway 198.51.100.1\n"
)


OF_TWO = ConfigFile("/etc/network/interfaces", INTERFACES.text.replace("198.51.100.11", "198.51.100.12"))
AT_TWO = Flow(FromHost(), 4, two_hosts.ADDRESSES["two"], "tcp", 80, host="one")
THROUGH_TUNNEL = msgspec.structs.replace(AT_TWO, daddr=two_hosts.TUNNEL_ADDRESSES["two"])
OUT6 = Flow(FromHost(), 6, parse_address("2001:db8:f::80")[1], "tcp", 443)

FROM_SECOND = Flow(FromHost(SECOND), 4, parse_address("203.0.113.80")[1], "tcp", 443)


def without_parent(*, up: bool) -> Network:
    """Return the host with a container on a macvlan whose parent is down, or up without a carrier."""
    whole = on_macvlan()
    inner = with_link(whole.namespace(sibling("container:web")), "eth0", carrier=False)
    host = with_link(whole.namespace(HOST_NETNS), "eth0", up=up, carrier=False)
    return whole.with_namespace(HOST_NETNS, host).with_namespace(sibling("container:web"), inner)


def with_scope(scope: str) -> Network:
    """Return the host whose uplink's address has this scope."""
    host = host_namespace()
    changed = (msgspec.structs.replace(each, scope=scope) if each.link == "eth0" else each for each in host.addresses)
    return network(msgspec.structs.replace(host, addresses=tuple(changed)))


def put_into_bridge() -> Network:
    """Return the host whose uplink was made a port of a bridge without addresses."""
    host = with_link(host_namespace(values={"conf__br0__forwarding": "1"}), "eth0", master="br0", port=BridgePort())
    return network(msgspec.structs.replace(host, links=(*host.links, Link(9, "br0", "bridge", bridge=BridgeInfo()))))


CASES: dict[str, Case] = {
    "the parent of a container's macvlan is down": Case(
        without_parent(up=False), egress(), ("host-link-down",), on_macvlan(),
    ),
    "the parent of a container's macvlan has no carrier": Case(
        without_parent(up=True), egress(), ("host-link-down",), on_macvlan(),
    ),
    "the only uplink is gone, and a file configures it": Case(
        without_uplink(INTERFACES), egress(), ("host-link-missing",), with_host(network(), files=(OF_ETH7,)),
    ),
    "the uplink is a port of a bridge, and its address stayed on it": Case(
        put_into_bridge(), egress(), ("address-on-bridge-port",),
    ),
    "the uplink's only address has scope link, and MASQUERADE takes the bridge's": Case(
        with_scope("link"), egress(), ("host-address-missing",), with_scope("global"),
    ),
    "the uplink has lost its address": Case(without_address(), egress(), ("host-address-missing",)),
    "the uplink has lost its address, which a file names": Case(
        without_address(INTERFACES), egress(), ("host-address-missing",),
    ),
    "another host that was read has lost its address, which a file names": Case(
        two_hosts.network(two_hosts.node("one"), two_hosts.without_own_address("two", OF_TWO)),
        AT_TWO, ("host-address-missing",), two_hosts.network(),
    ),
    "the far end of a tunnel has lost its address, which a file names": Case(
        two_hosts.network(two_hosts.node("one"), two_hosts.without_own_address("two", OF_TWO)),
        THROUGH_TUNNEL, ("host-address-missing",), two_hosts.network(),
    ),
    "the uplink's address has another prefix length than a file names": Case(
        of_prefix_length(32, INTERFACES), egress(), ("host-prefix-length-wrong",),
    ),
    "a prefix length by which a network is left, and a file names another": Case(
        of_prefix_length(30, INTERFACES), egress(), ("host-prefix-length-wrong",),
    ),
    "a network of one address, and nothing tells another": Case(
        of_prefix_length(32), egress(), ("host-default-route-missing",),
    ),
    "what a host without its IPv6 address sends has a container network's address": Case(
        without_address6(), OUT6, ("host-address-missing",), of_ipv6_network("2001:db8:d::", masquerade=True),
    ),
    "one of two uplinks has lost its address": Case(beside_another_uplink(), published(), ("host-address-missing",)),
    "the host has no default route": Case(
        network(without_route(host_namespace(), 0)), published(), ("host-default-route-missing",),
    ),
    "the uplink is down": Case(
        network(with_link(host_namespace(), "eth0", up=False)), published(), ("host-link-down",),
    ),
    "a tunnel whose program is gone": Case(
        led_to("tun0", "128.0.0.0/1", carrier=False), egress(), ("host-link-down",),
        led_to("tun0", "172.30.0.0/16", carrier=False),
    ),
    "the public address, from the host": Case(
        network(world=World(publics=(PUBLIC,))), published(FromHost(), "203.0.113.9"),
        ("nat-loopback-on-cloud-address",),
        network(world=World(publics=(msgspec.structs.replace(PUBLIC, hairpins=True),))),
    ),
    "a container's answers leave by the other uplink, whose router drops them": Case(
        two_uplinks(world=STRICT), TO_SECOND, ("answers-leave-by-other-uplink",), two_uplinks(world=LENIENT),
    ),
    "a process sends with the other uplink's address": Case(
        two_uplinks(world=STRICT, rules=()), FROM_SECOND, ("answers-leave-by-other-uplink",), two_uplinks(world=STRICT),
    ),
}  # fmt: skip

HARMLESS: dict[str, tuple[Network, Flow]] = {
    "the public address, from outside": (network(world=World(publics=(PUBLIC,))), published(address="203.0.113.9"))
}


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_nothing_is_named_on_the_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)


def test_an_address_that_no_file_names_is_not_given_to_another_host() -> None:
    nameless = two_hosts.network(two_hosts.node("one"), two_hosts.without_own_address("two"))
    assert diagnose(nameless, AT_TWO).trace.verdict == "leaves"
    named = two_hosts.network(two_hosts.node("one"), two_hosts.without_own_address("two", OF_TWO))
    (found,) = diagnose(named, AT_TWO).causes
    assert (found.host, found.candidate.change.calls) == ("two", ())


@pytest.mark.parametrize(("network", "flow"), HARMLESS.values(), ids=HARMLESS)
def test_no_cause_is_named_for_a_harmless_fault(network: Network, flow: Flow) -> None:
    is_silent(network, flow)


def test_an_address_that_a_file_names_is_put_back_with_its_router() -> None:
    (found,) = diagnose(without_address(INTERFACES), egress()).causes
    address, default = added(found.candidate.change)
    assert isinstance(address, Address)
    assert isinstance(default, Route)
    assert (address.value, address.prefix_length) == (HOST_ADDRESS, 24)
    assert default.next_hops[0].gateway == parse_address("198.51.100.1")[1]
    assert found.candidate.change.calls == ()


@pytest.mark.parametrize(
    "further", ("  address 203.0.113.7/24\n", "iface eth1 inet static\n  address 203.0.113.7/24\n")
)
def test_of_several_addresses_none_is_printed(further: str) -> None:
    """Whose of them the link's is, a person knows."""
    both = ConfigFile(INTERFACES.path, INTERFACES.text + further)
    (found,) = diagnose(without_address(both), egress()).causes
    assert [type(each) for each in found.candidate.change.calls] == [ByPerson]


def test_an_address_that_another_link_has_is_not_given_a_second_time() -> None:
    """The file has two links, and the first one's address is there: the second one lacks its own."""
    second = ConfigFile(INTERFACES.path, "iface lo2 inet static\n  address 127.0.0.1/8\n" + INTERFACES.text)
    (found,) = diagnose(without_address(second), egress()).causes
    address, *_ = added(found.candidate.change)
    assert isinstance(address, Address)
    assert address.value == HOST_ADDRESS


def test_an_address_that_nothing_names_is_for_a_person() -> None:
    (found,) = diagnose(without_address(), egress()).causes
    assert [type(each) for each in found.candidate.change.calls] == [ByPerson]


def test_a_link_that_needs_no_address_lacks_none() -> None:
    """Routers know the host by the address on lo: its lost default route is the fault."""
    found = diagnose(without_address(anycast=True), egress()).causes
    assert "host-address-missing" not in [each.cause for each in found]


def test_a_mere_neighbour_is_not_taken_for_the_router() -> None:
    """The only neighbour that was seen on the link may be any machine: a person has to name the router."""
    seen = Neighbour("eth0", 4, HOST_ADDRESS + 9, 0x020000000001, "REACHABLE")
    host = msgspec.structs.replace(without_route(host_namespace(), 0), neighbours=(seen,))
    (suspect,) = diagnose(network(host), published()).causes
    assert any(isinstance(each, ByPerson) for each in suspect.candidate.change.calls)
    assert "only neighbour" in str(suspect.candidate.advice[0])


_ROUTER6 = parse_address("fe80::1")[1]


@pytest.mark.parametrize(
    ("entries", "by_hand"),
    (
        (((6, _ROUTER6, 1), (4, HOST_ADDRESS + 9, 1), (4, HOST_ADDRESS + 8, 2)), False),
        (((6, _ROUTER6, 1), (4, HOST_ADDRESS + 9, 1), (4, HOST_ADDRESS + 8, 1)), True),
        (((6, _ROUTER6 + 1, 1), (4, HOST_ADDRESS + 9, 1), (4, HOST_ADDRESS + 8, 2)), True),
    ),
    ids=("the router's own", "two addresses", "another machine's"),
)
def test_the_router_of_the_other_family_is_the_default_router(
    entries: tuple[tuple[Literal[4, 6], int, int], ...], by_hand: bool
) -> None:
    seen = tuple(Neighbour("eth0", version, value, mac, "STALE") for version, value, mac in entries)
    lost = without_route(host_namespace(), 0)
    host = msgspec.structs.replace(lost, neighbours=seen, routes=(*lost.routes, route("::/0", "eth0", via="fe80::1")))
    (suspect,) = diagnose(network(host), published()).causes
    assert any(isinstance(each, ByPerson) for each in suspect.candidate.change.calls) is by_hand
    if not by_hand:
        (part,) = suspect.candidate.change.parts
        assert isinstance(part, AddEntry)
        assert isinstance(part.entry, Route)
        assert part.entry.next_hops[0].gateway == HOST_ADDRESS + 9


def test_another_networks_router_is_not_taken_for_the_default_router() -> None:
    branch = route("10.8.0.0/16", "eth0", via="198.51.100.7")
    host = without_route(host_namespace(), 0)
    host = msgspec.structs.replace(host, routes=(*host.routes, branch))
    (suspect,) = diagnose(network(host), published()).causes
    assert any(isinstance(each, ByPerson) for each in suspect.candidate.change.calls)
    assert "198.51.100.7" in str(suspect.candidate.advice[0])


def test_the_router_of_another_tables_default_route_is_named() -> None:
    (suspect,) = diagnose(routed(default_in=100), published()).causes
    assert suspect.candidate.change.calls == ()
    assert "routing table 100" in str(suspect.candidate.advice[0])


def test_the_narrowest_change_is_named_first() -> None:
    """A process's packets need a rule for the address, a container's answers need a mark."""
    own, forwarded = (
        [type(part).__name__ for part in diagnose(net, flow).causes[0].candidate.change.parts]
        for net, flow in ((two_uplinks(world=STRICT, rules=()), FROM_SECOND), (two_uplinks(world=STRICT), TO_SECOND))
    )
    assert own == ["AddEntry", "AddEntry"]
    assert forwarded == ["InsertRule", "InsertRule", "AddEntry"]


def of_ignored_router(*, known: bool = False, accept: str = "1") -> Network:
    """Return the host without an IPv6 default route whose eth0 takes router advertisements unless it forwards.
    ``known``: whether a neighbour has said that it is a router."""
    whole = of_ipv6_network()
    made = whole.namespace(HOST_NETNS)
    conf = ("net", "ipv6", "conf", "eth0")
    sysctls = made.sysctls.with_value((*conf, "accept_ra"), accept).with_value((*conf, "forwarding"), "1")
    router = Neighbour("eth0", 6, parse_address("fe80::1")[1], 1, "STALE", router=True)
    routes = tuple(each for each in made.routes if (each.version, each.prefix_length) != (6, 0))
    neighbours = (*made.neighbours, *((router,) if known else ()))
    deaf = msgspec.structs.replace(made, sysctls=sysctls, routes=routes, neighbours=neighbours)
    return whole.with_namespace(HOST_NETNS, deaf)


TO_SIX = Flow(FromHost(), 6, parse_address("2001:db8:ffff::10")[1], "tcp", 443)


def test_a_host_that_forwards_ignores_its_router() -> None:
    """The router is not known, so a person asks for its advertisement."""
    (found,) = diagnose(of_ignored_router(), TO_SIX).causes
    assert found.cause == "host-default-route-missing"
    assert str(found.candidate.title) == "This host has no IPv6 default route, and eth0 ignores router advertisements"
    (call,) = found.candidate.change.calls
    assert isinstance(call, ByPerson)
    assert "sysctl -w net.ipv6.conf.eth0.accept_ra=2" in str(call.said)


def test_a_router_that_has_told_so_is_the_default_route() -> None:
    (found,) = diagnose(of_ignored_router(known=True), TO_SIX).causes
    assert found.candidate.change.calls == ()
    heard, route_ = found.candidate.change.parts
    assert heard == SetSysctl(HOST_NETNS, ("net", "ipv6", "conf", "eth0", "accept_ra"), "2")
    assert isinstance(route_, AddEntry)
    assert isinstance(route_.entry, Route)
    assert address_text(route_.entry.next_hops[0].gateway or 0, 6) == "fe80::1"


def test_a_host_that_listens_has_lost_its_route_otherwise() -> None:
    (found,) = diagnose(of_ignored_router(known=True, accept="2"), TO_SIX).causes
    assert str(found.candidate.title) == "This host has no default route"
    assert len(found.candidate.change.parts) == 1
    assert found.candidate.advice == diagnose(of_ignored_router(known=True), TO_SIX).causes[0].candidate.advice


def test_a_setting_that_refuses_the_router_is_told() -> None:
    (found,) = diagnose(of_ignored_router(known=True, accept="0"), TO_SIX).causes
    assert any("net.ipv6.conf.eth0.accept_ra is 0" in str(each) for each in found.candidate.advice)
    assert not any("accept_ra" in str(part) for part in found.candidate.change.parts)

"""Routes, policy rules, forwarding, reverse-path filter, neighbours, addresses that overlap."""

from typing import Literal

import msgspec
import pytest

from hairpin.causes.routing._overlap import another_subnet
from hairpin.change.calls import ByPerson
from hairpin.change.change import AddEntry, DeleteEntry, added
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import DockerNetwork, Subnet
from hairpin.host.link import Address, BridgeInfo, Link
from hairpin.host.managers import ConfigFile
from hairpin.host.route import Neighbour, PolicyRule, Route
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Start
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, parse_address
from hairpin.network.world import PublicAddress, World
from tests import two_hosts
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import (
    DB_MAC,
    WEB_MAC,
    asked,
    blackhole,
    led_to,
    with_host,
    with_link,
    with_neighbour,
    with_second_bridge,
    with_second_uplink,
    without_addresses,
    without_route,
)
from tests.causes.ipv6_hosts import of_ipv6_network, with_ipv6, without_address6
from tests.rule_text import in_table, with_rule
from tests.small_host import (
    HOST_ADDRESS,
    HOST_NETNS,
    WEB_ITSELF,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    local,
    network,
    published,
    route,
    ruleset,
    sibling,
    sysctls,
)

NOBODY = 0x020000000009
ARP_OFF = {"mac": 0x020000000008, "flags": ("BROADCAST", "NOARP", "UP")}
OWN = Outside(parse_address("172.17.9.9")[1], "eth0")
OFFICE = Outside(parse_address("172.18.9.9")[1], "eth0")
PUBLIC = PublicAddress(4, parse_address("203.0.113.9")[1], HOST_ADDRESS)
LOCAL_TABLE = PolicyRule(4, 0, table=255, text="0: from all lookup local")
TABLE_100 = PolicyRule(4, 9, table=100, iif="docker0", text="9: from all iif docker0 lookup 100")
UNREACHABLE = PolicyRule(4, 10, "unreachable", iif="docker0", text="10: from all iif docker0 unreachable")
MAIN_TABLE = PolicyRule(4, 32766, table=254, text="32766: from all lookup main")
BEHIND_MAIN = PolicyRule(4, 32767, table=253, text="32767: from all lookup default")
OVER_MAIN = PolicyRule(4, 10, "goto", goto=32767, iif="docker0", text="10: from all iif docker0 goto 32767")
TO_MAIN = PolicyRule(4, 10, "goto", goto=32766, iif="docker0", text="10: from all iif docker0 goto 32766")


def with_inner_values(**values: str) -> Network:
    """Return the host whose container has these sysctls of net/ipv4."""
    return network(inner=msgspec.structs.replace(container_namespace(), sysctls=sysctls(**values)))


def routed(*policy: PolicyRule, default_in: int = 254) -> Network:
    """Return the host with these policy rules, and its default route in that table."""
    host = without_route(
        host_namespace(policy_rules=(LOCAL_TABLE, *policy, *(() if MAIN_TABLE in policy else (MAIN_TABLE,)))), 0
    )
    default = route("default", "eth0", via="198.51.100.1", table=default_in)
    return network(msgspec.structs.replace(host, routes=(*host.routes, default)))


def refused_in(table: int, *policy: PolicyRule) -> Network:
    """Return the host with these policy rules, and a table that refuses everything."""
    host = routed(*policy).namespace(HOST_NETNS)
    refusing = msgspec.structs.replace(route("default", "lo", table=table), type="unreachable", next_hops=())
    return network(msgspec.structs.replace(host, routes=(*host.routes, refusing)))


def with_default(link: str, metric: int, rp_filter: str = "0") -> Network:
    """Return the host with a default route by that link beside its router's, whose metric is 100."""
    host = without_route(host_namespace(values={"conf__eth0__rp_filter": rp_filter}), 0)
    router = msgspec.structs.replace(route("default", "eth0", via="198.51.100.1"), metric=100)
    other = msgspec.structs.replace(route("default", link), metric=metric)
    return network(msgspec.structs.replace(host, routes=(*host.routes, router, other)))


def with_router_inside(rp_filter: str) -> Network:
    """Return the host with an empty bridge whose subnet has its router; ``rp_filter``: that of eth0."""
    host = with_second_bridge("198.51.100.0/25").namespace(HOST_NETNS)
    path = ("net", "ipv4", "conf", "eth0", "rp_filter")
    return network(msgspec.structs.replace(host, sysctls=host.sysctls.with_value(path, rp_filter)))


def marked_back(**values: str) -> Network:
    """Return the host whose default route is by eth1, and by eth0 for the marked packets that come in there.

    ``values``: sysctls beside the strict ``rp_filter`` of eth0."""
    text = "98: from all lookup main suppress_prefixlength 0"
    main = PolicyRule(4, 98, table=254, suppress_prefix_length=0, text=text)
    by_mark = PolicyRule(4, 99, table=100, mark=(1, 0xFFFFFFFF), text="99: from all fwmark 0x1 lookup 100")
    host = routed(main, by_mark, default_in=100).namespace(HOST_NETNS)
    kept = host_namespace(
        in_table("mangle", "PREROUTING", "-i eth0 -j MARK --set-xmark 0x1/0xffffffff"),
        values={"conf__eth0__rp_filter": "1", **values},
    )
    return network(
        msgspec.structs.replace(
            host,
            links=(*host.links, Link(9, "eth1", evidence="e5")),
            addresses=(*host.addresses, Address("eth1", 4, parse_address("203.0.113.2")[1], 24)),
            routes=(
                *host.routes,
                local("203.0.113.2/32", "eth1"),
                route("203.0.113.0/24", "eth1"),
                route("default", "eth1", via="203.0.113.1"),
            ),
            sysctls=kept.sysctls,
            ruleset=kept.ruleset,
        )
    )


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
"""The configuration of a card that was taken out."""


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


def covering_client(built: Network) -> Network:
    """Return the host with a Docker network whose subnet has the client's address."""
    host = built.namespace(HOST_NETNS)
    subnet = Subnet(4, parse_address("192.0.2.0")[1], 28, parse_address("192.0.2.1")[1])
    other = DockerNetwork("n2", "backend", "bridge", subnets=(subnet,), bridge="br-2")
    docker = engine(container())
    return with_host(
        built,
        namespaces=(
            msgspec.structs.replace(
                host,
                links=(*host.links, Link(11, "br-2", "bridge", bridge=BridgeInfo())),
                routes=(*host.routes, route("192.0.2.0/28", "br-2")),
            ),
            *built.this.namespaces[1:],
        ),
        engines=(msgspec.structs.replace(docker, networks=(*docker.networks, other)),),
    )


ONE_SEGMENT = msgspec.structs.replace(published(), data_bytes=1460)
OUT6 = Flow(FromHost(), 6, parse_address("2001:db8:f::80")[1], "tcp", 443)
CASES: dict[str, Case] = {
    "the only uplink is gone, and a file configures it": Case(
        without_uplink(INTERFACES), egress(), ("host-link-missing",), with_host(network(), files=(OF_ETH7,)),
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
    "a bridge port takes less than one segment": Case(
        network(with_link(host_namespace(), "veth1", mtu_bytes=1400)), ONE_SEGMENT, ("mtu-black-hole",),
        network(with_link(host_namespace(), "veth1", mtu_bytes=1496)),
    ),
    "the client is in a blackhole": Case(
        network(host_namespace(routes=(blackhole("192.0.2.0/24"),))), published(), ("blackhole-route-covers-client",),
        network(host_namespace(routes=(blackhole("192.0.3.0/24"),))),
    ),
    "the container is in a blackhole": Case(
        network(host_namespace(routes=(blackhole("172.17.0.2/32"),))), published(),
        ("blackhole-route-covers-container",), network(host_namespace(routes=(blackhole("172.17.0.3/32"),))),
    ),
    "the sending container is in a blackhole": Case(
        network(host_namespace(values={"conf__all__rp_filter": "1"}, routes=(blackhole("172.17.0.2/32"),))),
        asked(FromContainer("web", sibling("container:web")), "198.51.100.11", 8151),
        ("blackhole-route-covers-container",),
        network(host_namespace(values={"conf__all__rp_filter": "1"}, routes=(blackhole("172.17.0.3/32"),))),
    ),
    "a VPN's route over the container network": Case(
        led_to("tun0"), published(), ("bridge-subnet-overlaps-route",), led_to("tun0", "172.30.0.0/16"),
    ),
    "the client's address is inside another network's subnet": Case(
        with_second_bridge("172.18.0.0/16"), published(OFFICE), ("client-inside-container-subnet",),
        with_second_bridge("172.19.0.0/16"),
    ),
    "a strict reverse path refuses the router's ARP request": Case(
        with_router_inside("1"), published(), ("rp-filter-strict",), with_router_inside("2"),
    ),
    "a default route into docker0 before the router's": Case(
        with_default("docker0", metric=0), published(), ("bridge-became-default-route",),
        with_default("docker0", metric=200),
    ),
    "a default route into docker0, and the way out of a container": Case(
        with_default("docker0", metric=0), egress(), ("bridge-became-default-route",),
        with_default("docker0", metric=200),
    ),
    "a default route into docker0, and a strict reverse path": Case(
        with_default("docker0", metric=0, rp_filter="1"), published(), ("bridge-became-default-route",),
        with_default("docker0", metric=200, rp_filter="1"),
    ),
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
    "one interface does not forward": Case(
        network(host_namespace(values={"conf__eth0__forwarding": "0"})), published(), ("interface-forwarding-off",),
    ),
    "ARP is off on the uplink": Case(
        network(with_link(host_namespace(), "eth0", **ARP_OFF)), published(), ("arp-not-answered",),
        network(with_link(host_namespace(), "eth0", mac=NOBODY, flags=("BROADCAST", "UP"))),
    ),
    "ARP is off on the uplink, and a container asks": Case(
        network(with_link(host_namespace(), "eth0", **ARP_OFF)), egress(), ("arp-not-answered",),
    ),
    "ARP is off in the container": Case(
        network(inner=with_link(container_namespace(), "eth0", **ARP_OFF)), published(), ("arp-not-answered",),
    ),
    "the uplink answers no request": Case(
        network(host_namespace(values={"conf__all__arp_ignore": "8"})), published(), ("arp-not-answered",),
        network(host_namespace(values={"conf__all__arp_ignore": "1"})),
    ),
    "the container answers no request": Case(
        with_inner_values(conf__eth0__arp_ignore="8"), published(), ("arp-not-answered",),
        with_inner_values(conf__eth0__arp_ignore="2"),
    ),
    "a container's packets start with a TTL of 1": Case(
        with_inner_values(ip_default_ttl="1"), published(), ("hop-limit-too-low",),
        with_inner_values(ip_default_ttl="64"),
    ),
    "a container's packets start with a TTL of 1, and it asks": Case(
        with_inner_values(ip_default_ttl="1"), egress(), ("hop-limit-too-low",), with_inner_values(ip_default_ttl="2"),
    ),
    "no interface forwards": Case(
        network(host_namespace(values={
            "ip_forward": "0", "conf__all__forwarding": "0", "conf__eth0__forwarding": "0",
            "conf__docker0__forwarding": "0",
        })),
        published(), ("ip-forward-off",),
    ),
    "IPv6 is not forwarded": Case(
        with_ipv6("0"), asked(Outside(parse_address("2001:db8:9::10")[1]), "fd00::2", 80), ("ipv6-forwarding-off",),
        with_ipv6("1"),
    ),
    "the public address, from the host": Case(
        network(world=World(publics=(PUBLIC,))), published(FromHost(), "203.0.113.9"),
        ("nat-loopback-on-cloud-address",),
        network(world=World(publics=(msgspec.structs.replace(PUBLIC, hairpins=True),))),
    ),
    "a permanent neighbour entry to nobody": Case(
        with_neighbour(NOBODY), published(), ("neighbour-entry-wrong",), with_neighbour(NOBODY, "STALE"),
    ),
    "a neighbour entry without ARP to nobody": Case(
        with_neighbour(NOBODY, "NOARP"), published(), ("neighbour-entry-wrong",), with_neighbour(WEB_MAC, "NOARP"),
    ),
    "a permanent neighbour entry to another container": Case(
        with_neighbour(DB_MAC), published(), ("neighbour-entry-wrong",), with_neighbour(WEB_MAC),
    ),
    "the tables for replies have no default route": Case(
        routed(default_in=100), published(), ("no-route-to-client",), routed(TABLE_100, default_in=100),
    ),
    "a policy rule refuses the reply": Case(
        routed(TABLE_100, UNREACHABLE), published(), ("policy-rule-diverts-container-traffic",), routed(TABLE_100),
    ),
    "a policy rule passes over the main table": Case(
        routed(OVER_MAIN, MAIN_TABLE, BEHIND_MAIN), published(), ("policy-rule-diverts-container-traffic",),
        routed(TO_MAIN, MAIN_TABLE, BEHIND_MAIN),
    ),
    "a policy rule leads to a table that refuses": Case(
        refused_in(100, TABLE_100), published(), ("policy-rule-diverts-container-traffic",), refused_in(200, TABLE_100),
    ),
    "replies leave by another link": Case(
        with_second_uplink(rp_filter="1"), published(), ("rp-filter-strict",), with_second_uplink(rp_filter="2"),
    ),
    "the route back is right with the mark alone": Case(
        marked_back(), published(), ("src-valid-mark-off",), marked_back(conf__all__src_valid_mark="1"),
    ),
    "strict, and a container network covers the client": Case(
        covering_client(with_second_uplink(rp_filter="1")), published(),
        ("rp-filter-strict", "client-inside-container-subnet"), with_second_uplink(rp_filter="2"),
    ),
}  # fmt: skip

HARMLESS: dict[str, tuple[Network, Flow]] = {
    "the public address, from outside": (network(world=World(publics=(PUBLIC,))), published(address="203.0.113.9"))
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_is_named_on_the_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)


@pytest.mark.parametrize(("start", "cause"), (
    (WEB_ITSELF, "bridge-subnet-overlaps-route"),
    (FromHost(), "container-address-not-assigned"),
    (FromContainer("web", HOST_NETNS), "container-address-not-assigned"),  # on the host's network
))  # fmt: skip
def test_an_address_in_a_network_that_the_container_is_not_on_is_a_machines_elsewhere(start: Start, cause: str) -> None:
    """Engines keep networks apart: it has never reached a container there.  The host reaches each of them."""
    gateway = parse_address("172.18.0.1")[1]
    other = DockerNetwork("n2", "backend", "bridge", subnets=(Subnet(4, gateway - 1, 16, gateway),), bridge="br-2")
    host = with_second_bridge("172.18.0.0/16").namespace(HOST_NETNS)
    built = network(
        msgspec.structs.replace(
            host,
            addresses=(*host.addresses, Address("br-2", 4, gateway, 16)),
            routes=(*host.routes, local("172.18.0.1/32", "br-2")),
        )
    )
    docker = msgspec.structs.replace(engine(container()), networks=(*engine().networks, other))
    found = diagnose(with_host(built, engines=(docker,)), Flow(start, 4, OFFICE.address, "tcp", 9000))
    assert [each.cause for each in found.causes] == [cause]


def test_what_leads_to_nobody_is_named_also_where_its_refusal_is_lost() -> None:
    redirected = ruleset(with_rule("nat PREROUTING", "-i eth0 -p tcp --dport 8151 -j REDIRECT --to-ports 3128"))
    host = msgspec.structs.replace(with_default("docker0", metric=0).namespace(HOST_NETNS), ruleset=redirected)
    found = diagnose(network(host), published())
    assert sorted(each.cause for each in found.causes) == ["bridge-became-default-route", "dnat-rule-shadowed"]


def test_a_route_for_one_address_helps_only_a_client_that_somebody_named() -> None:
    inside = parse_address("198.51.100.100")[1]
    for start, repair in ((Outside(inside), AddEntry), (Lan(inside), DeleteEntry)):
        (found,) = diagnose(with_router_inside("0"), published(start)).causes
        assert found.cause == "client-inside-container-subnet"
        assert [type(each) for each in found.candidate.change.parts] == [repair]


def test_an_address_that_no_file_names_is_not_given_to_another_host() -> None:
    nameless = two_hosts.network(two_hosts.node("one"), two_hosts.without_own_address("two"))
    assert diagnose(nameless, AT_TWO).trace.verdict == "leaves"
    named = two_hosts.network(two_hosts.node("one"), two_hosts.without_own_address("two", OF_TWO))
    (found,) = diagnose(named, AT_TWO).causes
    assert (found.host, found.candidate.change.calls) == ("two", ())


@pytest.mark.parametrize("rp_filter", ("0", "1", "2"))
def test_a_client_has_an_address_of_the_containers_own_subnet(rp_filter: str) -> None:
    """The container itself takes the client for a neighbour; the host believes it, or does not."""
    built = network(host_namespace(values={"conf__eth0__rp_filter": rp_filter}))
    fires(Case(built, published(OWN), ("client-inside-container-subnet",)))
    is_silent(built, published())


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


def test_a_veth_whose_other_end_is_on_the_host_leads_to_no_container() -> None:
    host = with_default("tun0", metric=0).namespace(HOST_NETNS)
    veth = Link(60, "tun0", "veth", peer_index=61, carrier=False, operstate="DOWN")
    ends = (veth, Link(61, "tun1", "veth", peer_index=60, carrier=False, operstate="DOWN"))
    found = diagnose(network(msgspec.structs.replace(host, links=(*host.links, *ends))), published())
    assert [each.cause for each in found.causes] == ["route-diverts-traffic"]


@pytest.mark.parametrize(
    ("tool", "name", "said"),
    (
        ("docker", "bridge", "bip in /etc/docker/daemon.json"),
        ("podman", "podman", "default_subnet"),
        ("docker", "back", "docker network create --subnet"),
        ("podman", "bridge", "podman network create --subnet"),
    ),
)
def test_an_engines_default_network_is_not_made_anew_by_hand(tool: str, name: str, said: str) -> None:
    told = str(another_subnet(DockerNetwork("n1", name, "bridge"), tool, name))
    assert said in told
    assert ("network create" in told) is ("network create" in said)

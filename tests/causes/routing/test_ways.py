"""What the flow's whole way shows, whatever the stop is: the kernel's own routes and rules, routes and addresses that
lead elsewhere."""

import pytest
from msgspec.structs import replace

from hairpin.change.change import AddEntry, Change, DeleteEntry, Primitive, ReplaceEntry
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import DockerNetwork, Subnet
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgeInfo, Link
from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.host.socket import Socket
from hairpin.network.flow import FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.routing import missing_rules
from tests.causes.case import Case
from tests.causes.hosts import asked, without_route
from tests.small_host import (
    CLIENT,
    GATEWAY,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    local,
    network,
    published,
    route,
)

INNER = HOST_NETNS.sibling("container:web")
RULES = (
    PolicyRule(4, 0, table=255, text="0: from all lookup local", evidence="e3", entry=1),
    PolicyRule(4, 32766, table=254, text="32766: from all lookup main", evidence="e3", entry=2),
    PolicyRule(4, 32767, table=253, text="32767: from all lookup default", evidence="e3", entry=3),
)
MOVED = (replace(RULES[0], priority=100), *RULES[1:])
TO_WEB = asked(FromHost(), "172.17.0.2", 80)


def ruled(*rules: PolicyRule) -> Network:
    """Return the host with these policy rules and no other."""
    return network(host_namespace(policy_rules=rules))


STRAY = Address("eth0", 4, parse_address("10.66.0.5")[1], 16)
DOCKER0 = next(each for each in host_namespace().addresses if each.link == "docker0" and each.version == 4)


def after(*parts: Primitive) -> Network:
    """Return the host after these changes."""
    return simulate(Change(parts), network())


def without_local(namespace: Namespace, address: str) -> Namespace:
    """Return the namespace without the local route of the address."""
    return without_route(namespace, parse_address(address)[1])


def with_gateways_address() -> Network:
    """Return the host that has the address of its own gateway, too."""
    host = host_namespace()
    own = Address("eth0", 4, parse_address("198.51.100.1")[1], 24, secondary=True)
    return network(
        replace(host, addresses=(*host.addresses, own), routes=(*host.routes, local("198.51.100.1/32", "eth0")))
    )


def with_network_of(gateway: str, *, told: bool = True) -> Network:
    """Return the host with a container network over the host's own, whose bridge has that address.

    ``told``: the engine tells the network's gateway.  Docker before 28 tells it only if a user chose it."""
    host, value = host_namespace(), parse_address(gateway)[1]
    subnet = Subnet(4, HOST_ADDRESS - 11, 24, value if told else None)
    made = DockerNetwork("n2", "home", "bridge", subnets=(subnet,), bridge="br-2")
    return network(
        replace(
            host,
            links=(*host.links, Link(9, "br-2", "bridge", bridge=BridgeInfo())),
            addresses=(*host.addresses, Address("br-2", 4, value, 24)),
            routes=(*host.routes, local(f"{gateway}/32", "br-2"), route("198.51.100.0/24", "br-2")),
        ),
        docker=replace(engine(container()), networks=(*engine().networks, made)),
    )


def thrown(text: str) -> Route:
    """Return a route that ends the lookup of the main table for these addresses."""
    return replace(route(text, "eth0"), type="throw", next_hops=())


TYPED_IN = route("172.17.0.0/24", "eth1", via="10.9.0.7")
KEPT = replace(TYPED_IN, protocol="static")


def with_eth1(*routes: Route) -> Network:
    """Return the host with another link, and these routes."""
    host = host_namespace(values={"conf__eth1__forwarding": "1"})
    own = Address("eth1", 4, parse_address("10.9.0.2")[1], 24)
    made = (local("10.9.0.2/32", "eth1"), route("10.9.0.0/24", "eth1"))
    return network(
        replace(
            host,
            links=(*host.links, Link(9, "eth1")),
            addresses=(*host.addresses, own),
            routes=(*host.routes, *made, *routes),
        )
    )


def of_length(prefix: int) -> Network:
    """Return the host whose container has its address with that prefix length."""
    inner = container_namespace()
    own = inner.addresses[1]
    other = replace(own, prefix_length=prefix)
    return after(AddEntry(INNER, other), DeleteEntry(INNER, own))


TO_SSH = asked(FromHost(), "198.51.100.11", 22)
FIRST = PolicyRule(4, 100, table=254, suppress_prefix_length=0, text="100: lookup main suppress_prefixlength 0")
BEHIND = (
    PolicyRule(4, 32765, table=255, text="32765: from all lookup local"),
    PolicyRule(4, 32766, table=254, text="32766: from all lookup main"),
)


def serving(*rules: PolicyRule) -> Network:
    """Return the host with a service on port 22, and these policy rules."""
    return network(host_namespace(policy_rules=rules, sockets=(Socket("tcp", 4, None, 22, process="sshd"),)))


FORBIDDEN = PolicyRule(4, 100, "prohibit", iif="eth0")
STRICT = network(host_namespace(
    policy_rules=RULES, values={"net.ipv4.conf.docker0.rp_filter": "1", "net.ipv4.conf.all.rp_filter": "0"},
))  # fmt: skip
TAKEN = Address("eth0", 4, WEB, 32)
REPLACED = Route(4, parse_address("172.17.0.0")[1], 16, next_hops=(NextHop("eth0"),))
SOURCED, NEAR = (
    Route(4, parse_address("172.17.0.0")[1], 16, next_hops=(NextHop("docker0"),), prefsrc=parse_address(each)[1])
    for each in ("127.0.0.1", "172.17.0.1")
)


def lo6(*, on: bool) -> Network:
    """Return the host with a service at port 8151 of IPv6, too; ``on``: whether lo has IPv6."""
    whole = host_namespace()
    sysctls = whole.sysctls.with_value(("net", "ipv6", "conf", "lo", "disable_ipv6"), "0" if on else "1")
    own = (Address("lo", 6, 1, 128, "host"),) if on else ()
    linked = (Address("eth0", 6, parse_address("2001:db8::11")[1], 64),)
    routes = (
        *((local("::1/128", "lo"),) if on else ()),
        local("2001:db8::11/128", "eth0"),
        route("2001:db8::/64", "eth0"),
    )
    service = Socket("tcp", 6, None, 8151, process="httpd")
    return network(replace(
        whole, sysctls=sysctls, addresses=(*whole.addresses, *own, *linked), routes=(*whole.routes, *routes),
        sockets=(service,),
    ))  # fmt: skip


CASES: dict[str, Case] = {
    "nothing leads to the table main": Case(
        ruled(RULES[0], RULES[2]), published(), ("kernel-policy-rule-missing",), ruled(*MOVED),
    ),
    "nothing leads to the table local": Case(
        ruled(*RULES[1:]), published(FromHost(), "127.0.0.1"), ("kernel-policy-rule-missing",), ruled(*RULES),
    ),
    "the rule of the table local stands behind another one": Case(
        serving(FIRST, *BEHIND), TO_SSH, ("local-table-behind-rule",), serving(*BEHIND),
    ),
    "the container's own local route is gone": Case(
        network(inner=without_local(container_namespace(), "172.17.0.2")), published(), ("kernel-route-missing",),
    ),
    "the route into the bridge leads elsewhere": Case(
        after(ReplaceEntry(HOST_NETNS, route("172.17.0.0/16", "docker0"), REPLACED)), published(),
        ("kernel-route-missing",),
    ),
    "the route into the bridge gives packets of the host a loopback source": Case(
        after(ReplaceEntry(HOST_NETNS, route("172.17.0.0/16", "docker0"), SOURCED)), TO_WEB, ("kernel-route-missing",),
        after(ReplaceEntry(HOST_NETNS, route("172.17.0.0/16", "docker0"), NEAR)),
    ),
    "a local route of the container covers its client": Case(
        network(inner=replace(
            container_namespace(), routes=(*container_namespace().routes, local("192.0.2.0/24", "eth0")),
        )), published(), ("route-diverts-traffic",),
    ),
    "the container's address is the host's, too": Case(
        network(replace(
            host_namespace(), addresses=(*host_namespace().addresses, TAKEN),
            routes=(*host_namespace().routes, local("172.17.0.2/32", "eth0")),
        )), TO_WEB, ("address-diverts-traffic",),
    ),
    "a container network has the router's address": Case(
        with_network_of("198.51.100.1"), published(), ("address-diverts-traffic",), with_network_of("198.51.100.2"),
    ),
    "a container network has the router's address, which no user chose": Case(
        with_network_of("198.51.100.1", told=False), published(), ("address-diverts-traffic",),
        with_network_of("198.51.100.2", told=False),
    ),
    "IPv6 is switched off on lo": Case(
        lo6(on=False), published(FromHost(), "::1"), ("loopback-address-missing",), lo6(on=True),
    ),
    "lo has lost its address": Case(
        after(DeleteEntry(HOST_NETNS, Address("lo", 4, 0x7F000001, 8, "host"))), published(FromHost(), "127.0.0.1"),
        ("loopback-address-missing",),
    ),
    "the bridge has the container's address, too": Case(
        after(AddEntry(HOST_NETNS, Address("docker0", 4, WEB, 16))), published(), ("address-diverts-traffic",),
    ),
    "an address of the bridge makes the container's address a broadcast address": Case(
        after(AddEntry(HOST_NETNS, Address("docker0", 4, WEB + 7, 24, broadcast=WEB))), published(),
        ("address-diverts-traffic",), after(AddEntry(HOST_NETNS, Address("docker0", 4, WEB + 7, 24))),
    ),
    "the container sends from an address that no engine gave": Case(
        after(
            AddEntry(INNER, STRAY),
            AddEntry(INNER, replace(route("203.0.113.0/24", "eth0", via="172.17.0.1"),
                                                    prefsrc=STRAY.value)),
        ), egress(), ("address-diverts-traffic",),
    ),
    "the container has the broadcast address of its own network": Case(
        after(
            DeleteEntry(HOST_NETNS, DOCKER0), AddEntry(HOST_NETNS, replace(DOCKER0, broadcast=WEB))
        ), published(), ("address-diverts-traffic",),
    ),
    "the container has the address of its client, too": Case(
        after(AddEntry(INNER, Address("eth0", 4, CLIENT, 24))), published(), ("address-diverts-traffic",),
        after(AddEntry(INNER, Address("eth0", 4, CLIENT + 1, 32))),
    ),
    "the container has the address of a machine outside that it asks": Case(
        after(AddEntry(INNER, Address("eth0", 4, egress().daddr, 24))), egress(), ("address-diverts-traffic",),
    ),
    "the container's veth has the address of its client": Case(
        after(AddEntry(HOST_NETNS, Address("veth1", 4, CLIENT, 32))), published(), ("address-diverts-traffic",),
        after(AddEntry(HOST_NETNS, Address("veth1", 4, CLIENT + 1, 32))),
    ),
    "the client's address on lo": Case(
        after(AddEntry(HOST_NETNS, Address("lo", 4, CLIENT, 32))), published(), ("address-diverts-traffic",),
        after(AddEntry(HOST_NETNS, Address("lo", 4, CLIENT + 1, 32))),
    ),
    "the container's veth has the address of a machine outside that it asks": Case(
        after(AddEntry(HOST_NETNS, Address("veth1", 4, egress().daddr, 32))), egress(), ("address-diverts-traffic",),
    ),
    "an uplink has the address that a container asks, which may be the host's own": Case(
        after(AddEntry(HOST_NETNS, Address("eth0", 4, egress().daddr, 32))), egress(), ("port-not-published",),
    ),
    "the container has its gateway's address, too": Case(
        after(AddEntry(INNER, Address("eth0", 4, GATEWAY, 32))), TO_WEB, ("address-diverts-traffic",),
    ),
    "an address of the container covers its client": Case(
        after(AddEntry(INNER, Address("eth0", 4, parse_address("192.0.2.77")[1], 24))), published(),
        ("address-diverts-traffic",),
    ),
    "a rule forbids what leaves by the uplink, and reverse-path filtering asks it": Case(
        simulate(Change((AddEntry(HOST_NETNS, FORBIDDEN),)), STRICT), egress(),
        ("policy-rule-diverts-container-traffic",), STRICT,
    ),
    "the container's address is the host's, too, on the container's own wire": Case(
        network(replace(
            host_namespace(), addresses=(*host_namespace().addresses, replace(TAKEN, link="veth1")),
            routes=(*host_namespace().routes, local("172.17.0.2/32", "veth1")),
        )), TO_WEB, ("address-diverts-traffic",),
    ),
    "the host has its gateway's address, and a client asks": Case(
        with_gateways_address(), published(), ("address-diverts-traffic",),
    ),
    "the host has its gateway's address, and a container asks": Case(
        with_gateways_address(), egress(), ("address-diverts-traffic",),
    ),
    "a throw route ends the lookup": Case(
        network(replace(
            host_namespace(), routes=(*host_namespace().routes, thrown("172.17.0.2/32")),
        )), published(), ("route-diverts-traffic",),
    ),
    "the container's prefix is so short that it covers its client": Case(
        of_length(1), published(), ("address-diverts-traffic",),
    ),
    "a route that was typed in leads past the bridge": Case(
        with_eth1(TYPED_IN), published(), ("bridge-subnet-overlaps-route",), with_eth1(),
    ),
}  # fmt: skip


def test_no_rule_is_missed_where_each_is_there() -> None:
    assert [missing_rules(ruled(*each).namespace(HOST_NETNS), 4) for each in (RULES, MOVED)] == [(), ()]
    assert [each.table for each in missing_rules(ruled(RULES[0]).namespace(HOST_NETNS), 4)] == [254]


@pytest.mark.parametrize(("added", "kind"), ((TYPED_IN, DeleteEntry), (KEPT, AddEntry)))
def test_a_route_is_undone_unless_a_program_keeps_it(added: Route, kind: type[Primitive]) -> None:
    (cause,) = diagnose(with_eth1(added), published()).causes
    (part,) = cause.candidate.change.parts
    (way,) = cause.candidate.ways
    assert {type(part), type(way.change.parts[0])} == {DeleteEntry, AddEntry}
    assert isinstance(part, kind)


def led_into_a_tunnel(*routes: Route) -> Network:
    """Return the host that leads the container's answers to a dead link, with these routes in the main table."""
    rule = PolicyRule(4, 101, table=51820, source=(WEB, 32), text="101: from 172.17.0.2", evidence="e3", entry=4)
    dead = route("default", "tun0", table=51820)
    host = host_namespace(policy_rules=(RULES[0], rule, *RULES[1:]), routes=(dead, *routes))
    return network(replace(host, links=(*host.links, Link(9, "tun0", "tun", carrier=False))))


def test_a_route_that_somebody_made_is_led_to() -> None:
    """The rule before the diverting one is missing: main has a route for the client's network."""
    to_client = replace(route("192.0.2.0/24", "eth0", via="198.51.100.1"), protocol="static")
    (cause,) = diagnose(led_into_a_tunnel(to_client), published()).causes
    assert cause.cause == "policy-rule-diverts-container-traffic"
    offered = (cause.candidate.change, *(each.change for each in cause.candidate.ways))
    assert not any(isinstance(part, DeleteEntry) for each in offered for part in each.parts)  # the rule is the VPN's
    (added,) = offered[0].parts
    assert isinstance(added, AddEntry)
    assert isinstance(added.entry, PolicyRule)
    assert (added.entry.priority, added.entry.destination) == (100, (parse_address("192.0.2.0")[1], 24))


def test_a_default_route_is_nothing_that_somebody_made_for_the_client() -> None:
    (cause,) = diagnose(led_into_a_tunnel(), published()).causes
    offered = (cause.candidate.change, *(each.change for each in cause.candidate.ways))
    assert not any(isinstance(part, DeleteEntry) for each in offered for part in each.parts)  # the rule is the VPN's
    (added,) = offered[0].parts
    assert isinstance(added, AddEntry)
    assert isinstance(added.entry, PolicyRule)
    assert added.entry.destination is None


@pytest.mark.parametrize("told", (True, False))
def test_a_network_with_the_routers_address_is_named_and_not_its_bridge(*, told: bool) -> None:
    (found,) = diagnose(with_network_of("198.51.100.1", told=told), published()).causes
    assert "Network home has taken 198.51.100.1" in str(found.candidate.title)
    assert not found.candidate.offered

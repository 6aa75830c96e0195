"""A host with two uplinks, each with a router of its own: the main table's default route is by eth0, and eth1's is in
table 100."""

import msgspec
import pytest

from hairpin.change.calls import ByPerson
from hairpin.change.change import AddEntry
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.managers import ConfigFile
from hairpin.host.route import PolicyRule, Route
from hairpin.network.flow import Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import asked, with_host, with_link
from tests.small_host import CLIENT, egress, host_namespace, local, network, published, route
from tests.whole import one_of_each

SECOND = parse_address("198.18.0.11")[1]
NEIGHBOUR = Lan(parse_address("198.51.100.20")[1], "eth0")
RULES = (
    PolicyRule(4, 0, table=255, text="0: from all lookup local"),
    PolicyRule(4, 100, table=100, source=(SECOND, 32), text="100: from 198.18.0.11 lookup 100"),
    PolicyRule(4, 32766, table=254, text="32766: from all lookup main"),
)
TO_100 = PolicyRule(4, 90, table=100, iif="docker0", text="90: from all iif docker0 lookup 100")
MARKED = PolicyRule(4, 90, table=100, mark=(9, 0xFFFFFFFF), text="90: from all fwmark 0x9 lookup 100")
BY_SECOND = (
    local("198.18.0.11/32", "eth1"),
    route("198.18.0.0/24", "eth1"),
    route("198.18.0.0/24", "eth1", table=100),
    route("default", "eth1", via="198.18.0.1", table=100),
)


def whole() -> Namespace:
    """Return the namespace of the host with two uplinks."""
    host = host_namespace(routes=BY_SECOND, policy_rules=RULES, values={"conf__eth1__forwarding": "1"})
    return msgspec.structs.replace(
        host,
        links=(*host.links, Link(9, "eth1", evidence="e5")),
        addresses=(*host.addresses, Address("eth1", 4, SECOND, 24)),
    )


def _is_by_first(each: Route, *, near: bool) -> bool:
    by_eth0 = each.table == 254 and any(hop.link == "eth0" for hop in each.next_hops)
    return by_eth0 and (near or each.prefix_length == 0)


def flushed(*, near: bool) -> Network:
    """Return the host whose main table has no default route; ``near``: nor a route to eth0's own network."""
    host = whole()
    return network(
        msgspec.structs.replace(host, routes=tuple(each for each in host.routes if not _is_by_first(each, near=near)))
    )


def down() -> Network:
    """Return the host whose eth0 is down, with the routes that the kernel deleted."""
    return network(with_link(flushed(near=True).this.namespace("host"), "eth0", up=False))


def unled(*rules: PolicyRule) -> Namespace:
    """Return the namespace of the host whose only default route is that of table 100, with these policy rules instead
    of that which leads there."""
    routes = flushed(near=False).this.namespace("host").routes
    return msgspec.structs.replace(whole(), routes=routes, rules=(RULES[0], *rules, RULES[2]))


WHOLE = network(whole())
TO_SECOND = asked(Outside(CLIENT, "eth1"), "198.18.0.11", 8151)
CASES: dict[str, Case] = {
    "the main table's default route is gone": Case(
        flushed(near=False), published(), ("host-default-route-missing",), WHOLE
    ),
    "the main table's default route is gone, and a container asks": Case(
        flushed(near=False), egress(), ("host-default-route-missing",), WHOLE
    ),
    "the main table's default route is gone, and a client asks the other link's address": Case(
        flushed(near=False), TO_SECOND, ("host-default-route-missing",), WHOLE
    ),
    "the table that has the default route is for marked packets": Case(
        network(unled(MARKED)), TO_SECOND, ("no-route-to-client",), network(unled(TO_100))
    ),
    "no rule leads to the table that has the default route": Case(
        network(unled()), TO_SECOND, ("no-route-to-client",), network(unled(TO_100))
    ),
    "all routes by the link are gone": Case(flushed(near=True), published(), ("host-default-route-missing",), WHOLE),
    "all routes by the link are gone, and a neighbour asks": Case(
        flushed(near=True), published(NEIGHBOUR), ("kernel-route-missing",), WHOLE
    ),
    "the link is down": Case(down(), published(), ("host-link-down", "host-default-route-missing"), WHOLE),
    "the link is down, and a container asks": Case(
        down(), egress(), ("host-link-down", "host-default-route-missing"), WHOLE
    ),
}


@pytest.mark.parametrize("case", one_of_each(CASES, lambda case: case.causes))
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_silent_on_the_same_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)


def test_the_route_to_the_links_own_network_comes_before_the_router() -> None:
    """Nothing names the router: a person puts it back."""
    (cause,) = diagnose(flushed(near=True), published()).causes
    near, default = cause.candidate.change.parts
    assert isinstance(near, AddEntry)
    assert isinstance(default, AddEntry)
    assert isinstance(near.entry, Route)
    assert near.entry.prefix_length == 24
    assert isinstance(default.entry, Route)
    assert default.entry.prefix_length == 0
    assert [type(each) for each in cause.candidate.change.calls] == [ByPerson]


def test_the_address_of_a_link_that_is_gone_gets_no_route_by_another_link() -> None:
    host = whole()
    gone = msgspec.structs.replace(
        host,
        links=tuple(each for each in host.links if each.name != "eth0"),
        addresses=tuple(each for each in host.addresses if each.link != "eth0"),
        routes=tuple(each for each in host.routes if all(hop.link != "eth0" for hop in each.next_hops)),
    )
    sick = network(gone)
    configured = ConfigFile("/etc/network/interfaces", "iface eth0 inet static\n  address 198.51.100.11/24\n")
    flow = msgspec.structs.replace(published(), start=Outside(CLIENT, "eth1"))
    assert diagnose(with_host(sick, files=(configured,)), flow).causes == ()
    assert "no-route-to-client" in [each.cause for each in diagnose(sick, flow).causes]

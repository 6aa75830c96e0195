"""A policy rule by the host's own address selects no container's packet: only a narrower route in its table is asked
about."""

import msgspec

from hairpin.answer.questions import naming_repairs
from hairpin.host.route import NextHop, PolicyRule, Redirect, Route
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import (
    CLIENT,
    GATEWAY,
    HOST_ADDRESS,
    OUTSIDE,
    WEB_ITSELF,
    host_namespace,
    network,
    number,
    published,
    route,
)

FAR = number("10.66.0.5")
OUT = Flow(WEB_ITSELF, 4, FAR, "tcp", 80)
LOCAL = PolicyRule(4, 0, table=255, text="0: from all lookup local")
MAIN = PolicyRule(4, 32766, table=254, text="32766: from all lookup main")
OF_HOST = PolicyRule(
    4, 1660, table=166, source=(HOST_ADDRESS, 32), text="1660: from 198.51.100.11 lookup 166"
)  # fmt: skip
NARROW = route("10.66.0.0/16", "eth0", via="198.51.100.20", table=166)


def by_rule(*routes: Route, **changed: object) -> Network:
    """Return the host with the rule by its own address, changed by the given fields, and these routes."""
    rule = msgspec.structs.replace(OF_HOST, **changed)
    return network(host_namespace(routes=routes, policy_rules=(LOCAL, rule, MAIN)))


def same_way() -> Route:
    """Return the table's narrow route, by the gateway of the default route."""
    hop = NextHop("eth0", number("198.51.100.1"))
    return msgspec.structs.replace(NARROW, next_hops=(hop,))


CASES: dict[str, tuple[Network, Flow, bool]] = {
    "a narrower route": (by_rule(NARROW), OUT, True),
    "the rule has the host's network": (
        by_rule(NARROW, source=(number("198.51.100.0"), 24)), OUT, True,
    ),
    "a default route of another uplink": (
        by_rule(route("default", "eth0", via="198.51.100.20", table=166)), OUT, False,
    ),
    "the main table has the route, too": (
        by_rule(NARROW, route("10.66.0.0/16", "eth0", via="198.51.100.20")), OUT, False,
    ),
    "the same gateway": (by_rule(same_way()), OUT, False),
    "the route is for other addresses": (by_rule(route("10.67.0.0/16", "eth0", via="198.51.100.20", table=166)), OUT,
                                         False),
    "the rule has the containers' network": (
        by_rule(NARROW, source=(number("172.17.0.0"), 16)), OUT, False,
    ),
    "the rule has the address of the bridge": (by_rule(NARROW, source=(GATEWAY, 32)), OUT, False),
    "the rule has the address of another machine": (by_rule(NARROW, source=(CLIENT, 32)), OUT, False),
    "the rule is for the host's own packets": (by_rule(NARROW, iif="lo"), OUT, False),
    "the rule is for another destination": (
        by_rule(NARROW, destination=(number("10.66.1.0"), 24)), OUT, False,
    ),
    "the rule excepts the host": (by_rule(NARROW, inverted=True), OUT, False),
    "the table has no route": (by_rule(), OUT, False),
    "the host itself asks": (by_rule(NARROW), msgspec.structs.replace(OUT, start=FromHost()), False),
    "a client asks": (by_rule(NARROW), Flow(OUTSIDE, 4, HOST_ADDRESS, "tcp", 8151), False),
    "no rule": (network(), OUT, False),
}  # fmt: skip


@each_row(("whole", "flow", "asks"), CASES.values(), ids=CASES)
def test_whether_the_way_of_the_host_is_asked_about(whole: Network, flow: Flow, asks: bool) -> None:
    trace = walk_flow(whole, flow)
    found = [each for each in trace.questions if "Should web's packets" in str(each.text)]
    assert len(found) == asks
    assert trace.succeeds
    assert all(each.breaks_if == "yes" for each in found)


def test_the_route_the_command_and_the_repair_are_told() -> None:
    net = by_rule(NARROW)
    (asked,) = (naming_repairs(each, net) for each in walk_flow(net, OUT).questions if each.breaks_if == "yes")
    assert "`10.66.0.0/16 via 198.51.100.20 dev eth0 table 166`" in str(asked.text)
    assert "`1660: from 198.51.100.11 lookup 166`" in str(asked.text)
    assert "`ip rule add priority 1660 from 172.17.0.0/16 to 10.66.0.0/16 lookup 166`" in str(asked.if_yes)
    (wanted,) = asked.wanted
    assert wanted.of == ("10.66.0.5", "172.17.0.2", "docker0")


OTHER, ROUTER = (number(each) for each in ("198.51.100.20", "198.51.100.1"))

REDIRECTED_CASES: dict[str, tuple[tuple[Redirect, ...], bool]] = {
    "none": ((), False),
    "to another router": ((Redirect(4, CLIENT, OTHER, "eth0"),), True),
    "to the route's own router": ((Redirect(4, CLIENT, ROUTER, "eth0"),), False),
    "by another link": ((Redirect(4, CLIENT, OTHER, "eth1"),), False),
    "of another destination": ((Redirect(4, CLIENT + 1, OTHER, "eth0"),), False),
}


@each_row(("redirects", "asks"), REDIRECTED_CASES.values(), ids=REDIRECTED_CASES)
def test_a_redirect_is_asked_about_where_it_decides(redirects: tuple[Redirect, ...], asks: bool) -> None:
    trace = walk_flow(network(msgspec.structs.replace(host_namespace(), redirects=redirects)), published())
    assert trace.verdict == "delivered"
    texts = [str(each.text) for each in trace.questions]
    assert any("198.51.100.20 forward packets to 192.0.2.10" in each for each in texts) is asks

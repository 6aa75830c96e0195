"""Routes with several ways on."""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.route import NextHop, Route
from hairpin.network.flow import Flow, FromContainer, FromHost
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.small_host import HOST_NETNS, host_namespace, local, network, number, route, ruleset, sibling

FAR = number("203.0.113.80")
GATEWAY1, GATEWAY2 = number("198.51.100.1"), number("192.0.2.1")
OUT = Flow(FromContainer("web", sibling("container:web")), 4, FAR, "tcp", 443, container="web")


def with_two_uplinks(*, second_filtered: bool = False) -> Network:
    """Return a host whose default route leads by eth0 and by eth1."""
    plain = host_namespace(
        "*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\nCOMMIT\n"
        + ("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -o eth1 -j DROP\nCOMMIT\n" if second_filtered else ""),
        values={"conf__eth1__forwarding": "1"},
    )
    return network(_with_eth1(plain))


def _with_eth1(plain: Namespace) -> Namespace:
    address = next(each for each in plain.addresses if each.link == "eth0")
    second = msgspec.structs.replace(address, link="eth1", value=number("192.0.2.2"))
    both = Route(4, 0, 0, next_hops=(NextHop("eth0", GATEWAY1), NextHop("eth1", GATEWAY2)))
    routes = tuple(each for each in plain.routes if each.prefix_length)
    return msgspec.structs.replace(
        plain,
        links=(*plain.links, Link(12, "eth1")),
        addresses=(*plain.addresses, second),
        routes=(*routes, route("192.0.2.0/24", "eth1"), both),
    )


def test_all_packets_of_a_connection_take_one_path() -> None:
    trace = walk_flow(with_two_uplinks(), OUT)
    sources = [branch.request[-1].packet.saddr for branch in trace.branches]
    expected = [number(each) for each in ("198.51.100.11", "192.0.2.2")]
    assert (trace.verdict, sources) == ("leaves", expected)


def test_the_chosen_path_is_a_condition() -> None:
    trace = walk_flow(with_two_uplinks(second_filtered=True), OUT)
    assert trace.verdict == "depends"
    assert [branch.verdict for branch in trace.branches] == ["leaves", "dropped"]
    assert [str(each.said).partition(" of ")[0] for each in trace.conditions] == [
        "from 172.17.0.2 to 203.0.113.80, the kernel chooses the next hop via 198.51.100.1 dev eth0",
        "from 172.17.0.2 to 203.0.113.80, the kernel chooses the next hop via 192.0.2.1 dev eth1",
    ]


def with_two_default_routes(*, second_filtered: bool = False, metric: int = 0) -> Network:
    """Return a host with a default route by eth0, and one with this metric by eth1."""
    whole = with_two_uplinks(second_filtered=second_filtered)
    host = whole.namespace(HOST_NETNS)
    routes = (*(each for each in host.routes if each.prefix_length), local("192.0.2.2/32", "eth1"))
    first, second = (Route(4, 0, 0, next_hops=(NextHop(link, gateway),)) for link, gateway in WAYS)
    second = msgspec.structs.replace(second, metric=metric)
    return whole.with_namespace(HOST_NETNS, msgspec.structs.replace(host, routes=(*routes, first, second)))


WAYS = (("eth0", GATEWAY1), ("eth1", GATEWAY2))
OF_HOST = Flow(FromHost(), 4, FAR, "tcp", 443)


def test_default_routes_with_one_metric_are_taken_in_turn_by_the_hosts_own_packets() -> None:
    trace = walk_flow(with_two_default_routes(), OF_HOST)
    links = [branch.request[-1].link for branch in trace.branches]
    assert (trace.verdict, links) == ("leaves", ["eth0", "eth1"])
    assert [
        len(walk_flow(each, OF_HOST).branches) for each in (with_two_default_routes(metric=7), with_two_uplinks())
    ] == [1, 2]


def test_a_forwarded_packet_takes_the_first_default_route() -> None:
    """Source: net/ipv4/route.c ip_mkroute_input(): only fib_select_multipath()"""
    assert len(walk_flow(with_two_default_routes(), OUT).branches) == 1


def test_a_flow_needs_each_of_the_routes_that_are_taken_in_turn() -> None:
    closed = "*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -o eth1 -j DROP\nCOMMIT\n"
    whole = with_two_default_routes()
    host = msgspec.structs.replace(whole.namespace(HOST_NETNS), ruleset=ruleset(closed))
    trace = walk_flow(whole.with_namespace(HOST_NETNS, host), OF_HOST)
    assert (trace.verdict, [each.verdict for each in trace.branches]) == ("dropped", ["dropped", "leaves"])

"""Packets to another site that somebody has exempted from masquerading."""

import pytest
from msgspec.structs import replace

from hairpin.answer.questions import naming_repairs
from hairpin.host.link import Address, Link, Tunnel
from hairpin.netfilter.ir import STATUS_SEEN_REPLY
from hairpin.netfilter.packet import Connection, Tuple
from hairpin.network.flow import Flow, FromContainer, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.walk import walk_flow
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    HOST_ADDRESS,
    HOST_NETNS,
    host_namespace,
    network,
    route,
    ruleset,
    sibling,
)
from tests.two_uplinks import two_uplinks

SITE = parse_address("10.9.1.1")[1]
TO_SITE = Flow(FromContainer("web", sibling("container:web")), 4, SITE, "tcp", 80)
EXEMPTION = "-A POSTROUTING -s 172.17.0.0/16 -d 10.9.0.0/16 -j ACCEPT"


def exempting(rule: str = EXEMPTION, *, by: str | None = "198.51.100.12") -> Network:
    """Return the host with the rule before MASQUERADE, and with a route to the site by this router (None: none)."""
    first = DOCKER_RULES.index("-A POSTROUTING")
    ways = (route("10.9.0.0/16", "eth0", via=by),) if by is not None else ()
    return network(host_namespace(f"{DOCKER_RULES[:first]}{rule}\n{DOCKER_RULES[first:]}", routes=ways))


def test_the_other_site_may_know_the_way_back() -> None:
    trace = walk_flow(exempting(), TO_SITE)
    (asked,) = trace.questions
    assert trace.verdict == "leaves"
    assert str(asked.text).startswith("Does 198.51.100.12 know the way back to 172.17.0.2?")
    assert EXEMPTION in str(asked.text)
    assert asked.breaks_if == "no"


@pytest.mark.parametrize(
    "built",
    (exempting("-A POSTROUTING -s 172.17.0.0/16 -j ACCEPT"), exempting(by=None)),
    ids=("a rule for all destinations", "only the default route leads there"),
)
def test_without_a_rule_and_a_route_for_the_site_no_answer_comes(built: Network) -> None:
    trace = walk_flow(built, TO_SITE)
    assert trace.verdict == "unanswered"
    assert trace.questions == ()


def test_a_masqueraded_packet_is_not_asked_about() -> None:
    trace = walk_flow(exempting("-A POSTROUTING -s 172.17.0.0/16 -d 10.8.0.0/16 -j ACCEPT"), TO_SITE)
    assert (trace.verdict, trace.questions) == ("leaves", ())


def second_line(rule: str, *, default: str = "eth1") -> Network:
    """Return a gateway whose default route leads out of this link, with a rule in POSTROUTING."""
    net = two_uplinks(rules=(), ruleset=ruleset(f"*nat\n:POSTROUTING ACCEPT [0:0]\n{rule}\nCOMMIT\n"))
    host = net.namespace(HOST_NETNS)
    via = "198.18.0.1" if default == "eth1" else "198.51.100.1"
    ways = tuple(each for each in host.routes if each.prefix_length or each.version == 6)
    return net.with_namespace(HOST_NETNS, replace(host, routes=(*ways, route("default", default, via=via))))


BEHIND = Flow(Lan(parse_address("198.51.100.30")[1]), 4, parse_address("203.0.113.80")[1], "tcp", 443)
OF_FIRST_LINE = "-A POSTROUTING -s 198.51.100.0/24 -o eth0 -j MASQUERADE"


def test_a_line_without_the_masquerading_of_the_other_line_is_asked_about() -> None:
    trace = walk_flow(second_line(OF_FIRST_LINE), BEHIND)
    (asked,) = trace.questions
    assert trace.verdict == "leaves"
    assert str(asked.text).startswith("Does 198.18.0.1 know the way back to 198.51.100.30?")
    assert OF_FIRST_LINE in str(asked.text)
    assert "through eth1" in str(asked.if_no)


@pytest.mark.parametrize(
    "rule",
    (
        "-A POSTROUTING -s 198.51.100.0/24 -j MASQUERADE",
        "-A POSTROUTING -s 10.8.0.0/24 -o eth0 -j MASQUERADE",
        "-A POSTROUTING -s 198.51.100.0/24 ! -o eth1 -j MASQUERADE",
        "-A POSTROUTING -s 198.51.100.0/24 -o eth0 -j ACCEPT",
    ),
)
def test_other_rules_show_no_need_of_translation(rule: str) -> None:
    assert walk_flow(second_line(rule), BEHIND).questions == ()


def by_tunnel(rule: str) -> Network:
    """Return the host with the rule before MASQUERADE, and with a route to the site by a tunnel to 198.51.100.12."""
    first = DOCKER_RULES.index("-A POSTROUTING")
    host = host_namespace(
        f"{DOCKER_RULES[:first]}{rule}\n{DOCKER_RULES[first:]}",
        routes=(route("10.9.0.0/16", "t0"),),
        values={"conf__t0__forwarding": "1"},
    )
    tunnel = Tunnel("ipip", local=HOST_ADDRESS, remote=parse_address("198.51.100.12")[1])
    link = Link(20, "t0", "ipip", tunnel=tunnel)
    own = Address("t0", 4, parse_address("10.8.0.1")[1], 32)
    return network(replace(host, links=(*host.links, link), addresses=(*host.addresses, own)))


@pytest.mark.parametrize(
    ("rule", "count"), ((EXEMPTION, 1), ("-A POSTROUTING -s 172.17.0.0/16 -d 10.8.0.0/16 -j ACCEPT", 0))
)
def test_the_far_end_of_a_tunnel_is_asked_about_as_a_gateway(rule: str, count: int) -> None:
    trace = walk_flow(by_tunnel(rule), TO_SITE)
    assert trace.verdict == "leaves"
    asked = [str(each.text) for each in trace.questions]
    assert len(asked) == count
    assert all(each.startswith("Does 198.51.100.12 know the way back to 172.17.0.2?") for each in asked)


SERVER = "198.51.100.20"
TO_SERVER = f"-A PREROUTING -d 198.51.100.11/32 -p tcp -m tcp --dport 8443 -j DNAT --to-destination {SERVER}:443"
MASQUERADED = f"-A POSTROUTING -d {SERVER}/32 -p tcp -m tcp --dport 443 -j MASQUERADE"
ASKED = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8443)


def forwarding_to(server: str, *rules: str, answered: bool = False, link: str = "eth0") -> Network:
    """Return the host with rules in nat.  ``answered``: whether the server has answered such a connection through this
    host.  ``link``: the link that leads to the server."""
    address = parse_address(server)[1]
    chains = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
    host = host_namespace(chains + "\n".join(rules) + "\nCOMMIT\n", values={"conf__eth1__forwarding": "1"})
    asked = Tuple(parse_address("203.0.113.9")[1], HOST_ADDRESS, 6, 5000, 8443)
    reply = Tuple(address, asked.saddr, 6, 443, 5000)
    entry = Connection(4, asked, reply, STATUS_SEEN_REPLY, live=True)
    links = (*host.links, Link(9, "eth1")) if link == "eth1" else host.links
    ways = (*host.routes, route(f"{server}/32", "eth1")) if link == "eth1" else host.routes
    changed = replace(host, links=links, routes=ways, connections=(entry,) if answered else ())
    return network(changed)


def test_a_server_beside_the_host_may_answer_the_client_past_the_host() -> None:
    net = forwarding_to(SERVER, TO_SERVER)
    trace = walk_flow(net, ASKED)
    (asked,) = (naming_repairs(each, net) for each in trace.questions)
    assert trace.verdict == "leaves"
    assert str(asked.text).startswith(f"Does {SERVER} send its answers to 192.0.2.10 through this host?")
    assert TO_SERVER in str(asked.text)
    assert f"iptables -t nat -A POSTROUTING -d {SERVER} -p tcp --dport 443 -j MASQUERADE" in str(asked.if_no)


@pytest.mark.parametrize(
    "net",
    (
        forwarding_to(SERVER, TO_SERVER, MASQUERADED),
        forwarding_to(SERVER, TO_SERVER, answered=True),
        forwarding_to(SERVER, TO_SERVER, link="eth1"),
        forwarding_to("203.0.113.20", TO_SERVER.replace(SERVER, "203.0.113.20")),
    ),
    ids=("masqueraded", "it has answered", "a network behind this host", "behind a router"),
)
def test_a_server_that_answers_through_the_host_is_not_asked_about(net: Network) -> None:
    assert walk_flow(net, ASKED).questions == ()

"""ICMP errors and resets on the running kernel: those that reach the sender, and those that are lost.  Needs root."""

from typing import Literal

import msgspec
import pytest

from hairpin.host.link import Address, BridgePort
from hairpin.host.route import TABLE_MAIN, Route
from hairpin.host.socket import Relay, Socket
from hairpin.judges.agreement import agreement
from hairpin.network.flow import Flow, FromContainer, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.replica.judge import judge_all
from hairpin.replica.run import client
from hairpin.walk.walk import walk_flow
from tests.small_host import (
    CLIENT,
    HOST_ADDRESS,
    WEB,
    container_namespace,
    engine,
    host_namespace,
    local,
    network,
    route,
    ruleset,
    sibling,
    sysctls,
)
from tests.walk.test_reply import BY_LINK, FLOWS, asking_by_link, routers
from tests.whole import thinned_rows

OUTSIDE, HERE, INSIDE = Outside(CLIENT), FromHost(), FromContainer("web", sibling("container:web"))
FAR = parse_address("203.0.113.80")[1]
CLOSED, CLOSED_UDP, PING = (
    Flow(OUTSIDE, 4, HOST_ADDRESS, "tcp", 9999),
    Flow(OUTSIDE, 4, HOST_ADDRESS, "udp", 9999),
    Flow(OUTSIDE, 4, HOST_ADDRESS, "icmp", 7),
)
SERVED = Flow(OUTSIDE, 4, HOST_ADDRESS, "tcp", 8151)
OWN, OWN_UDP, OWN_PING = (
    Flow(HERE, 4, HOST_ADDRESS, "tcp", 9999),
    Flow(HERE, 4, HOST_ADDRESS, "udp", 9999),
    Flow(HERE, 4, HOST_ADDRESS, "icmp", 7),
)
AWAY, AWAY_UDP, AWAY_PING = (
    Flow(HERE, 4, FAR, "tcp", 80),
    Flow(HERE, 4, FAR, "udp", 80),
    Flow(HERE, 4, FAR, "icmp", 7),
)
NO_ERRORS = "-A OUTPUT -p icmp --icmp-type 3 -j DROP\n"
UNHEARD = "-A INPUT -p icmp --icmp-type 3 -j DROP\n"
NO_RESETS = "-A OUTPUT -p tcp --tcp-flags RST RST -j DROP\n"
REJECTS = "-A INPUT -j REJECT --reject-with icmp-host-prohibited\n"
REJECTS_OUT = "-A OUTPUT ! -p icmp -j REJECT\n"
CASES: dict[str, tuple[str, Flow, str]] = {
    "closed":                                  ("", CLOSED, "refused"),
    "closed, and the reset is dropped":        (NO_RESETS, CLOSED, "unanswered"),
    "its own, and the reset is dropped":       (NO_RESETS, OWN, "unanswered"),
    "closed, and resets have no owner":        (
        "-A OUTPUT -p tcp -m owner ! --gid-owner 0 -j DROP\n", CLOSED, "unanswered",
    ),
    "closed, and root's is dropped":           ("-A OUTPUT -p tcp -m owner --uid-owner 0 -j DROP\n", CLOSED, "refused"),
    "echo, and the reply has no owner":        ("-A OUTPUT -m owner ! --uid-owner 0 -j DROP\n", PING, "unanswered"),
    "echo, and its reply has a socket":        ("-A OUTPUT -m owner ! --socket-exists -j DROP\n", PING, "delivered"),
    "a service's answer has an owner":         (
        "-A OUTPUT -p tcp -m owner ! --uid-owner 0 -j DROP\n", Flow(OUTSIDE, 4, HOST_ADDRESS, "tcp", 8151), "delivered",
    ),
    "closed for UDP":                          ("", CLOSED_UDP, "refused"),
    "UDP, and the error is dropped":           (NO_ERRORS, CLOSED_UDP, "dropped"),
    "its own, and the error is dropped":       (UNHEARD, OWN_UDP, "dropped"),
    "echo, and the reply is dropped":          ("-A OUTPUT -p icmp -j DROP\n", PING, "unanswered"),
    "its own, and the reply is dropped":       ("-A OUTPUT -p icmp --icmp-type 0 -j DROP\n", OWN_PING, "unanswered"),
    "rejected":                                (REJECTS, CLOSED, "rejected"),
    "UDP, rejected":                           (REJECTS, CLOSED_UDP, "rejected"),
    "echo, rejected":                          (REJECTS, PING, "rejected"),
    "rejected, error dropped":                 (REJECTS + NO_ERRORS, CLOSED, "dropped"),
    "UDP, rejected, error dropped":            (REJECTS + NO_ERRORS, CLOSED_UDP, "dropped"),
    "echo, rejected, error dropped":           (REJECTS + NO_ERRORS, PING, "dropped"),
    "its own, rejected":                       ("-A INPUT -p tcp -j REJECT\n", OWN, "rejected"),
    "its own, rejected, error dropped":        ("-A INPUT -p tcp -j REJECT\n" + NO_ERRORS, OWN, "dropped"),
    "its own UDP, rejected, error dropped":    ("-A INPUT -p udp -j REJECT\n" + NO_ERRORS, OWN_UDP, "dropped"),
    "a reset by a rule, dropped":              (
        "-A INPUT -p tcp --dport 9999 -j REJECT --reject-with tcp-reset\n" + NO_RESETS, CLOSED, "dropped",
    ),
    "its first data, dropped":                 (
        "-A OUTPUT -p tcp -m conntrack --ctstate ESTABLISHED -m length --length 53:100 -j DROP\n", AWAY, "dropped",
    ),
    "its first data, rejected, error dropped": (
        "-A OUTPUT -p tcp -m conntrack --ctstate ESTABLISHED -m length --length 53:100 -j REJECT\n" + UNHEARD,
        AWAY, "dropped",
    ),
    "its first data, rejected":                (
        "-A OUTPUT -p tcp -m conntrack --ctstate ESTABLISHED -m length --length 53:100 -j REJECT\n", AWAY, "dropped",
    ),
    "its first data, reset":                   (
        ("-A OUTPUT -p tcp -m conntrack --ctstate ESTABLISHED -m length --length 53:100 -j REJECT "
        "--reject-with tcp-reset\n"), AWAY, "rejected",
    ),
    "its first data, rejected on the way in":  (
        "-A INPUT -p tcp -m conntrack --ctstate ESTABLISHED -j REJECT\n", SERVED, "dropped",
    ),
    "out, rejected":                           (REJECTS_OUT, AWAY, "rejected"),
    "out, rejected, error dropped":            (UNHEARD + REJECTS_OUT, AWAY, "dropped"),
    "out by UDP: the call fails":              (UNHEARD + REJECTS_OUT, AWAY_UDP, "rejected"),
    "out, an echo: the call fails":            (UNHEARD + "-A OUTPUT -p icmp -j REJECT\n", AWAY_PING, "rejected"),
}  # fmt: skip


def built(rules: str) -> Network:
    return network(host_namespace(f"*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n"))


@pytest.mark.parametrize(("rules", "flow", "expected"), thinned_rows(CASES.values(), 3), ids=CASES)
def test_refusals_are_heard_or_not(rules: str, flow: Flow, expected: str) -> None:
    # A second time: the end of the first flow is no part of the second.
    for judgement in judge_all(built(rules), (flow, flow)):
        trace = walk_flow(built(rules), flow)
        found = agreement(trace, judgement)
        assert (trace.verdict, judgement.verdict, found.agrees, found.reason) == (expected, expected, True, None)


def translated_back(protocol: str) -> Network:
    """Return a host whose DNAT sends the container's packets back to it, and whose replies are not translated back."""
    back = f"-A PREROUTING -p {protocol} -i docker0 -j DNAT --to-destination 172.17.0.2"
    host = host_namespace(f"*nat\n:PREROUTING ACCEPT [0:0]\n{back}\nCOMMIT\n")
    links = tuple(
        msgspec.structs.replace(link, port=BridgePort(hairpin=True)) if link.port is not None else link
        for link in host.links
    )
    own = sysctls(conf__all__accept_local="1", conf__eth0__accept_local="1")
    inner = msgspec.structs.replace(container_namespace(), sysctls=own)
    return network(msgspec.structs.replace(host, links=links), inner)


def relaying_to_itself(protocol: Literal["tcp", "udp"]) -> Network:
    """Return a host whose OUTPUT rules redirect docker-proxy's own connection to docker-proxy."""
    to = "-j DNAT --to-destination 198.51.100.11:8151"
    rules = f"*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p {protocol} {to}\nCOMMIT\n"
    return network(host_namespace(rules, sockets=(Socket(protocol, 4, None, 8151, relay=Relay(4, WEB, 80)),)))


def relaying_to_nobody(protocol: Literal["tcp", "udp"]) -> Network:
    """Return a host whose docker-proxy connects to a container in which nothing listens."""
    relays = (Socket(protocol, 4, None, 8151, relay=Relay(4, WEB, 80)),)
    return network(host_namespace("", sockets=relays), container_namespace(()))


def relaying_by_ipv4(rules: str, inside: str = "") -> Network:
    """Return a host whose docker-proxy listens on IPv6 and connects by IPv4.  ``inside``: the container's rules."""
    host = host_namespace(_filter(rules), sockets=(Socket("tcp", 6, None, 8151, relay=Relay(4, WEB, 80)),))
    own = (*host.addresses, Address("lo", 6, 1, 128, "host"))
    host = msgspec.structs.replace(host, addresses=own, routes=(*host.routes, local("::1/128", "lo")))
    return network(host, msgspec.structs.replace(container_namespace(), ruleset=ruleset(_filter(inside))))


def _filter(rules: str) -> str:
    return f"*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n"


BY_IPV6 = Flow(HERE, 6, 1, "tcp", 8151)
RELAYED, RELAYED_UDP = (Flow(OUTSIDE, 4, HOST_ADDRESS, protocol, 8151) for protocol in ("tcp", "udp"))
LENGTHS = "-A INPUT ! -p tcp -m length ! --length 60 -j DROP\n-A OUTPUT ! -p tcp -m length ! --length 60 -j DROP\n"
HOSTS: dict[str, tuple[Network, Flow, str]] = {
    "the error quotes the translated packet": (translated_back("udp"), Flow(INSIDE, 4, FAR, "udp", 53), "dropped"),
    "an echo's length": (built(LENGTHS), PING, "delivered"),
    "a datagram's length": (built(LENGTHS), AWAY_UDP, "delivered"),
    "a relay that dials itself": (relaying_to_itself("tcp"), Flow(OUTSIDE, 4, HOST_ADDRESS, "tcp", 8151), "looped"),
    "a relay that finds no listener": (relaying_to_nobody("tcp"), RELAYED, "refused"),
    "a relay that finds no listener, by UDP": (relaying_to_nobody("udp"), RELAYED_UDP, "unanswered"),
    "IPv6, relayed by IPv4": (relaying_by_ipv4(""), BY_IPV6, "delivered"),
    "IPv6, rejected behind the relay": (relaying_by_ipv4("", "-A INPUT -j REJECT\n"), BY_IPV6, "rejected"),
    "IPv6, dropped behind the relay": (relaying_by_ipv4("", "-A INPUT -j DROP\n"), BY_IPV6, "dropped"),
    "IPv6, the relay's own packet is dropped": (
        relaying_by_ipv4("-A OUTPUT -p tcp --dport 80 -j DROP\n"),
        BY_IPV6,
        "dropped",
    ),
    "by UDP": (relaying_to_itself("udp"), Flow(OUTSIDE, 4, HOST_ADDRESS, "udp", 8151), "looped"),
}


@pytest.mark.parametrize(("within", "flow", "expected"), thinned_rows(HOSTS.values(), 3), ids=HOSTS)
def test_refusals_on_other_hosts(within: Network, flow: Flow, expected: str) -> None:
    (judgement,) = judge_all(within, (flow,))
    found = agreement(walk_flow(within, flow), judgement)
    assert (judgement.verdict, found.agrees, found.reason) == (expected, True, None)


@pytest.mark.parametrize(("flow", "expected"), [(each[0], each[1]) for each in FLOWS.values()], ids=FLOWS)
def test_no_connection_to_anycast_is_made(flow: Flow, expected: str) -> None:
    (judgement,) = judge_all(routers(), (flow,))
    found = agreement(walk_flow(routers(), flow), judgement)
    assert (judgement.verdict, found.agrees, found.reason) == (expected, True, None)


@pytest.mark.parametrize("flow", [flow for flow, *_ in BY_LINK.values()], ids=list(BY_LINK))
def test_replies_that_are_routed_with_the_requests_link(flow: Flow) -> None:
    (judgement,) = judge_all(asking_by_link(), (flow,))
    found = agreement(walk_flow(asking_by_link(), flow), judgement)
    assert (found.agrees, found.reason) == (True, None)


def test_a_service_behind_a_translated_port_answers() -> None:
    within = network(
        host_namespace(
            "*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p udp --dport 53 -j DNAT --to-destination :5353\nCOMMIT\n"
        )
    )
    (judgement,) = judge_all(within, (flow := Flow(HERE, 4, FAR, "udp", 53),))
    assert (walk_flow(within, flow).verdict, judgement.verdict) == ("leaves", "delivered")


def test_no_answer_is_withheld_because_of_the_last_ones() -> None:
    """icmp_ratelimit lets the kernel send six errors to one client at once."""
    within = network(host_namespace(values={"icmp_ratelimit": "1000"}))
    flows = tuple(Flow(OUTSIDE, 4, HOST_ADDRESS, "udp", port) for port in range(9000, 9010))
    assert {judgement.verdict for judgement in judge_all(within, flows)} == {"refused"}


def test_a_busy_machine_does_not_make_it_wait_until_neighbours_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "is_idle", lambda: False)
    (judgement,) = judge_all(built(""), (Flow(HERE, 4, parse_address("172.17.0.9")[1], "tcp", 80),))
    assert judgement.verdict == "dropped"


def test_events_between_two_flows_are_no_part_of_the_second() -> None:
    """The kernel tells the first flow's sender that its neighbour does not answer while the second flow resolves it
    again."""
    within = built("-A OUTPUT -p icmp -j REJECT\n-A OUTPUT -p udp --dport 53 -j DROP\n")
    nobody = parse_address("172.17.0.9")[1]
    flows = (Flow(OUTSIDE, 4, nobody, "udp", 80), Flow(HERE, 4, FAR, "udp", 53))
    assert [walk_flow(within, flow).verdict for flow in flows] == ["dropped", "dropped"]
    assert [judgement.verdict for judgement in judge_all(within, flows)] == ["dropped", "dropped"]


def test_an_error_that_leaves_is_not_the_flows_packet() -> None:
    away = route("172.17.0.2/32", "eth0", via="198.51.100.1")
    text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp -j REJECT\nCOMMIT\n"
    within, flow = (
        network(host_namespace(text, routes=(away,)), docker=msgspec.structs.replace(engine(), networks=())),
        Flow(INSIDE, 4, HOST_ADDRESS, "udp", 53),
    )
    (judgement,) = judge_all(within, (flow,))
    assert (walk_flow(within, flow).verdict, judgement.verdict) == ("dropped", "dropped")


def test_a_rejected_sender_gets_the_next_error_too() -> None:
    """Both errors count against the same limit: net/ipv4/inetpeer.c inet_peer_xrlim_allow()."""
    closed = Route(4, parse_address("203.0.113.0")[1], 24, TABLE_MAIN, "unreachable")
    rules = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp -j REJECT\n:FORWARD ACCEPT [0:0]\nCOMMIT\n"
    within = network(host_namespace(rules, routes=(closed,)))
    flows = (Flow(INSIDE, 4, HOST_ADDRESS, "udp", 53), Flow(INSIDE, 4, FAR, "udp", 53))
    assert [judgement.verdict for judgement in judge_all(within, flows)] == ["rejected"] * 2


def test_a_sender_without_a_route_gets_each_error() -> None:
    """ip_rt_error_burst lets the kernel send five errors to one sender at once."""
    closed = Route(4, parse_address("203.0.113.0")[1], 24, TABLE_MAIN, "unreachable")
    within = network(host_namespace("*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n", routes=(closed,)))
    flows = tuple(Flow(INSIDE, 4, FAR, "udp", port) for port in range(9000, 9007))
    assert {walk_flow(within, flow).verdict for flow in flows} == {"rejected"}
    assert [judgement.verdict for judgement in judge_all(within, flows)] == ["rejected"] * 7

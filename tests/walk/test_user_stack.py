"""A rootless engine's process opens its container's connections anew, on the host."""

from typing import Literal

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.host.docker import Endpoint
from hairpin.host.socket import Relay, Socket, TapEntry
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Protocol, Start
from hairpin.network.names import servers_of_host
from hairpin.network.network import Network
from hairpin.question.egress import egress_flows
from hairpin.walk.state import State
from hairpin.walk.user_stack import is_anew, relayed_flow
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.rule_text import with_rule
from tests.small_host import (
    CLIENT,
    HOST_NETNS,
    WEB,
    container_namespace,
    host_namespace,
    network,
    number,
    published,
    sibling,
)
from tests.user_stack_host import HOST4, MAPPED, PASTA, SERVER, pasta, rootless, stacked


def to(address: str, port: int, protocol: Protocol = "tcp") -> Flow:
    return Flow(FromContainer("web", sibling("container:web")), 4, number(address), protocol, port)


OPEN, CLOSED = (f"slirp4netns:allow_host_loopback={each}" for each in ("true", "false"))
REJECTING = with_rule("filter OUTPUT", "-p tcp -m tcp --dport 9001 -j REJECT")

# the host, the flow, its verdict
CASES: dict[str, tuple[Network, Flow, str]] = {
    "the host's own service": (rootless(), to("198.51.100.11", 9001), "delivered"),
    "nothing listens on the host": (rootless(), to("198.51.100.11", 9002), "refused"),
    "a rule of the host's OUTPUT rejects it": (rootless(REJECTING), to("198.51.100.11", 9001), "rejected"),
    "out": (rootless(), to("203.0.113.80", 443), "leaves"),
    "the name server that its stack answers for": (rootless(), to(SERVER, 53, "udp"), "leaves"),
    "the same, and the host's own is not known": (rootless(servers=""), to(SERVER, 53, "udp"), "depends"),
    "its own gateway": (rootless(), to("10.0.2.2", 80), "depends"),
    "the host's loopback": (rootless(mode=OPEN), to("10.0.2.2", 9001), "delivered"),
    "the host's loopback, where nothing listens": (rootless(mode=OPEN), to("10.0.2.2", 9002), "refused"),
    "out, of a container that root runs so": (stacked(), to("203.0.113.80", 443), "leaves"),
    "an echo": (rootless(), to("203.0.113.80", 0, "icmp"), "depends"),
}


@each_row(("of", "flow", "verdict"), CASES.values(), ids=CASES)
def test_it_has_the_fate_of_a_connection_of_the_host(of: Network, flow: Flow, verdict: str) -> None:
    found = walk_flow(of, flow)
    assert found.verdict == verdict
    assert any(map(is_anew, found.usual.request)) == (verdict != "depends")


OF_ANN = with_rule("filter OUTPUT", "-m owner --uid-owner 1000 -j DROP")


@each_row(("uid", "verdict"), ((1000, "dropped"), (1001, "leaves")))
def test_the_connections_of_a_stack_are_its_users(uid: int, verdict: str) -> None:
    whole = rootless(OF_ANN)
    (podman,) = whole.this.engines
    anns = whole.with_host(replace(whole.this, engines=(replace(podman, uid=uid),)))
    assert walk_flow(anns, to("203.0.113.80", 443)).verdict == verdict


def on_own_network(stack: str | None) -> Network:
    """Return the host on which ann's container is on a network of her engine, whose namespace was not read."""
    whole = rootless()
    (podman,) = whole.this.engines
    web = msgspec.structs.replace(podman.containers[0], network_mode="bridge", endpoints=(Endpoint("own"),))
    made = msgspec.structs.replace(podman.with_container(web), network_stack=stack)
    return whole.with_host(msgspec.structs.replace(whole.this, engines=(made,)))


# the program that carries the network's packets, the flow, its verdict.  Measured with Podman 5.4.2.
KEPT: dict[str, tuple[str | None, Flow, str]] = {
    "pasta, out": ("pasta", to("203.0.113.80", 443), "leaves"),
    "pasta, the host's own address": ("pasta.avx2", to("198.51.100.11", 9001), "depends"),
    "slirp4netns, the host's own address": ("slirp4netns", to("198.51.100.11", 9001), "delivered"),
    "none runs": ("", to("203.0.113.80", 443), "depends"),
    "not known": (None, to("203.0.113.80", 443), "leaves"),
}


@each_row(("stack", "flow", "verdict"), KEPT.values(), ids=KEPT)
def test_what_stays_in_the_namespace_of_a_rootless_engines_networks(
    stack: str | None, flow: Flow, verdict: str
) -> None:
    assert walk_flow(on_own_network(stack), flow).verdict == verdict


def test_a_missing_network_process_concerns_no_container_with_a_stack_of_its_own() -> None:
    whole = rootless()
    (podman,) = whole.this.engines
    none = msgspec.structs.replace(podman, network_stack="")
    alone = whole.with_host(msgspec.structs.replace(whole.this, engines=(none,)))
    assert walk_flow(alone, to("203.0.113.80", 443)).verdict == "leaves"


def test_its_way_out_and_its_name_server_are_asked() -> None:
    of = rootless()
    web = of.this.container("web")
    assert web is not None
    assert web.by_user_stack
    assert not web.is_disconnected
    found = egress_flows(of, of.this, web)
    assert [(each.purpose, each.dport) for each in found] == [("egress", 443), ("dns", 53)]
    assert servers_of_host(of.this) == ((4, number("192.0.2.53")),)
    without = rootless(servers="")
    assert [each.purpose for each in egress_flows(without, without.this, web)] == ["egress"]
    none = rootless(mode="none")
    alone = none.this.container("web")
    assert alone is not None
    assert egress_flows(none, none.this, alone) == []


PROXY = Socket("tcp", 4, None, 8151, process="docker-proxy", relay=Relay(4, WEB, 80))
ROOTLESS = Socket("tcp", 4, None, 8151, process="rootlessport", relay=Relay(4, 0, 80, netns="container:web"))
AT_RELAY = State("socket", HOST_NETNS, published().packet(CLIENT))
NO_RULES = "*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n"


def test_docker_proxy_connects_from_its_host() -> None:
    flow = relayed_flow(network(), published(), AT_RELAY, PROXY)
    assert flow is not None
    assert (flow.start, flow.daddr, flow.dport) == (FromHost(), WEB, 80)


def test_rootlessport_connects_within_the_container() -> None:
    asked = replace(published(), container="web")
    flow = relayed_flow(network(), asked, AT_RELAY, ROOTLESS)
    assert flow is not None
    assert (flow.start, flow.daddr) == (FromContainer("web", sibling("container:web")), WEB)


def test_its_client_shares_the_fate_of_that_connection() -> None:
    host = host_namespace(NO_RULES, sockets=(ROOTLESS,))
    assert walk_flow(network(host), published()).verdict == "delivered"
    assert walk_flow(network(host, container_namespace(())), published()).verdict == "refused"


def test_of_a_namespace_that_was_not_read_nothing_is_told() -> None:
    elsewhere = replace(ROOTLESS, relay=Relay(4, 0, 80, netns="container:gone"))
    assert relayed_flow(network(), published(), AT_RELAY, elsewhere) is None
    host = host_namespace(NO_RULES, sockets=(elsewhere,))
    assert walk_flow(network(host), published()).verdict == "delivered"


OUT, NEAR, HOST, LOOPBACK = Outside(CLIENT), Lan(0xC6336414), FromHost(), 0x7F000001
ALL = Socket("tcp", 4, None, 80, process="httpd")
INNER = Socket("tcp", 4, LOOPBACK, 80, process="httpd")
BY_ETH0 = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -i eth0 -p tcp -m tcp --dport 80 -j DROP\nCOMMIT\n"
OF_MAPPED = BY_ETH0.replace("-i eth0", "-s 169.254.1.2")


def entering(**fields: object) -> Socket:
    """Return pasta's socket with other ways into the container."""
    assert PASTA.relay is not None
    tap = replace(PASTA.relay.tap or TapEntry(), **fields)
    return replace(PASTA, relay=replace(PASTA.relay, tap=tap))


# the host; the client; the address that it asks; the verdict.  Measured with pasta 0.0~git20250503 and Podman 5.4.2.
RELAY: dict[str, tuple[Network, Start, str, str]] = {
    "from outside": (pasta(ALL), OUT, "198.51.100.11", "delivered"),
    "from the LAN": (pasta(ALL), NEAR, "198.51.100.11", "delivered"),
    "from the host by its address": (pasta(ALL), HOST, "198.51.100.11", "delivered"),
    "from the host's loopback": (pasta(ALL), HOST, "127.0.0.1", "delivered"),
    "without default route, from outside": (pasta(ALL, routed=False), OUT, "198.51.100.11", "unanswered"),
    "without default route, from the LAN": (pasta(ALL, routed=False), NEAR, "198.51.100.11", "delivered"),
    "without default route, from the host": (pasta(ALL, routed=False), HOST, "198.51.100.11", "unanswered"),
    "without default route, from loopback": (pasta(ALL, routed=False), HOST, "127.0.0.1", "delivered"),
    "a rule for eth0, from outside": (pasta(ALL, rules=BY_ETH0), OUT, "198.51.100.11", "dropped"),
    "a rule for eth0, from the host": (pasta(ALL, rules=BY_ETH0), HOST, "198.51.100.11", "dropped"),
    "a rule for eth0, from loopback": (pasta(ALL, rules=BY_ETH0), HOST, "127.0.0.1", "delivered"),
    "a rule for the mapped address, from outside": (pasta(ALL, rules=OF_MAPPED), OUT, "198.51.100.11", "delivered"),
    "a rule for the mapped address, from the host": (pasta(ALL, rules=OF_MAPPED), HOST, "198.51.100.11", "dropped"),
    "a service on loopback, from outside": (pasta(INNER), OUT, "198.51.100.11", "refused"),
    "a service on loopback, from loopback": (pasta(INNER), HOST, "127.0.0.1", "refused"),
    "a service on loopback, --host-lo-to-ns-lo": (
        pasta(INNER, relay=entering(from_loopback="loopback")), HOST, "127.0.0.1", "delivered",
    ),
    "a service on loopback, and the release is not known": (
        pasta(INNER, relay=entering(from_loopback="either")), HOST, "127.0.0.1", "depends",
    ),
    "a service on all addresses, and the release is not known": (
        pasta(ALL, relay=entering(from_loopback="either")), HOST, "127.0.0.1", "delivered",
    ),
    "--no-splice, a rule for eth0, from loopback": (
        pasta(ALL, relay=entering(from_loopback="tap"), rules=BY_ETH0), HOST, "127.0.0.1", "dropped",
    ),
    "the container has lost its address": (pasta(ALL, address=False), OUT, "198.51.100.11", "dropped"),
    "its link is down": (pasta(ALL, down=True), OUT, "198.51.100.11", "dropped"),
    "its link is gone": (
        pasta(ALL, relay=entering(link="eth9")), OUT, "198.51.100.11", "dropped",
    ),
}  # fmt: skip


def test_nobody_answers_at_another_address_of_slirp4netns_own_network() -> None:
    trace = walk_flow(rootless(), to("10.0.2.9", 53, "udp"))
    assert (trace.verdict, trace.usual.stop is not None and trace.usual.stop.reason) == ("dropped", "no-neighbour")


@each_row(
    ("mode", "to_host", "of_server"),
    (("slirp4netns", None, "rejected"), (OPEN, None, "rejected"), (CLOSED, "rejected", "rejected")),
)
def test_slirp4netns_refuses_what_it_does_not_connect(mode: str, to_host: str | None, of_server: str) -> None:
    whole = rootless(mode=mode)
    assert walk_flow(whole, to("10.0.2.3", 9001)).verdict == of_server
    assert walk_flow(whole, to("10.0.2.3", 53, "udp")).verdict == "leaves"
    for protocol in ("tcp", "udp"):
        trace = walk_flow(whole, to("10.0.2.2", 9001, protocol))
        stop = trace.usual.stop
        assert to_host in (None, trace.verdict)
        assert (stop is not None and stop.reason == "stack-refuses") == (to_host is not None)


SLIRP = replace(ROOTLESS, process="slirp4netns", relay=Relay(4, 0, 80, netns="container:web", tap=TapEntry("tap0")))


def by_slirp(*, routed: bool) -> Network:
    """Return the host with ann's container behind slirp4netns, which takes its port itself (port_handler)."""
    whole = rootless("")
    inner, outer = (
        next(each for each in whole.this.namespaces if (each.name == "container:web") == of) for of in (True, False)
    )
    ways = inner.routes if routed else tuple(each for each in inner.routes if each.prefix_length)
    inner = replace(inner, sockets=(ALL,), routes=ways)
    outer = replace(outer, sockets=(SLIRP,))
    return whole.with_host(replace(whole.this, namespaces=(outer, inner)))


# Measured with slirp4netns 1.2.1: the host's address comes in as it is, the host's loopback as 10.0.2.2.
BY_SLIRP: dict[str, tuple[Network, Start, str, str]] = {
    f"slirp4netns, from {name}, {'with' if routed else 'without'} a default route": (
        by_slirp(routed=routed), start, address, "delivered" if routed or address == "127.0.0.1" else "unanswered",
    )
    for routed in (True, False)
    for name, start, address in (
        ("outside", OUT, "198.51.100.11"), ("the host", HOST, "198.51.100.11"), ("loopback", HOST, "127.0.0.1"),
    )
}  # fmt: skip
ALL_CASES = RELAY | BY_SLIRP


@each_row(("of", "start", "address", "verdict"), ALL_CASES.values(), ids=ALL_CASES)
def test_pasta_sends_all_but_loopback_in_by_the_tap_link(of: Network, start: Start, address: str, verdict: str) -> None:
    assert walk_flow(of, published(start, address)).verdict == verdict


# what becomes of datagrams from the host's loopback; the client's start, the address it asks, the verdict
DATAGRAMS: dict[str, tuple[str, Start, str, str]] = {
    "hidden, from loopback": ("unanswered", HOST, "127.0.0.1", "unanswered"),
    "hidden, from the host's own address": ("unanswered", HOST, "198.51.100.11", "delivered"),
    "hidden, from outside": ("unanswered", OUT, "198.51.100.11", "delivered"),
    "open, from loopback": ("either", HOST, "127.0.0.1", "depends"),
    "open, from outside": ("either", OUT, "198.51.100.11", "delivered"),
}


@each_row(("fate", "start", "address", "verdict"), DATAGRAMS.values(), ids=DATAGRAMS)
def test_slirp4netns_answers_datagrams_of_the_hosts_loopback_not_always(
    fate: Literal["unanswered", "either"], start: Start, address: str, verdict: str
) -> None:
    whole = by_slirp(routed=True)
    inner, outer = (
        next(each for each in whole.this.namespaces if (each.name == "container:web") == of) for of in (True, False)
    )
    tap = TapEntry("tap0", datagrams_of_host=fate)
    held = replace(SLIRP, protocol="udp", relay=Relay(4, 0, 80, netns="container:web", tap=tap))
    namespaces = (replace(outer, sockets=(held,)), replace(inner, sockets=(replace(ALL, protocol="udp"),)))
    of_udp = whole.with_host(replace(whole.this, namespaces=namespaces))
    assert walk_flow(of_udp, replace(published(start, address), protocol="udp")).verdict == verdict


SOURCES: dict[str, tuple[Start, int, int]] = {
    "a client keeps its address": (OUT, CLIENT, CLIENT),
    "the host's own address is mapped": (HOST, HOST4, MAPPED),
}


@pytest.mark.parametrize(("start", "source", "seen"), SOURCES.values(), ids=SOURCES)
def test_the_address_that_the_container_sees(start: Start, source: int, seen: int) -> None:
    of = pasta(ALL)
    at = State("socket", of.host_netns(), published(start).packet(source))
    found = relayed_flow(of, published(start), at, PASTA)
    assert isinstance(found, Flow)
    assert (found.start, found.daddr) == (Outside(seen, "eth0", sibling("container:web")), HOST4)
    unmapped = relayed_flow(of, published(start), at, entering(own4=None))
    assert isinstance(unmapped, Flow)
    router = 0xC6336401 if source == HOST4 else source
    assert unmapped.start == Outside(router, "eth0", sibling("container:web"))

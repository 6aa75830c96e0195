"""The connection that a relay makes."""

import msgspec
import pytest

from hairpin.host.socket import Relay, Socket, TapEntry
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Start
from hairpin.network.network import Network
from hairpin.walk.relay import relayed_flow
from hairpin.walk.state import State
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_NETNS, WEB, container_namespace, host_namespace, network, published, sibling
from tests.user_stack_host import HOST4, MAPPED, PASTA, pasta, rootless

PROXY = Socket("tcp", 4, None, 8151, process="docker-proxy", relay=Relay(4, WEB, 80))
ROOTLESS = Socket("tcp", 4, None, 8151, process="rootlessport", relay=Relay(4, 0, 80, netns="container:web"))
AT_RELAY = State("socket", HOST_NETNS, published().packet(CLIENT))
NO_RULES = "*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n"


def test_docker_proxy_connects_from_its_host() -> None:
    flow = relayed_flow(network(), published(), AT_RELAY, PROXY)
    assert flow is not None
    assert (flow.start, flow.daddr, flow.dport) == (FromHost(), WEB, 80)


def test_rootlessport_connects_within_the_container() -> None:
    asked = msgspec.structs.replace(published(), container="web")
    flow = relayed_flow(network(), asked, AT_RELAY, ROOTLESS)
    assert flow is not None
    assert (flow.start, flow.daddr) == (FromContainer("web", sibling("container:web")), WEB)


def test_its_client_shares_the_fate_of_that_connection() -> None:
    host = host_namespace(NO_RULES, sockets=(ROOTLESS,))
    assert walk_flow(network(host), published()).verdict == "delivered"
    assert walk_flow(network(host, container_namespace(())), published()).verdict == "refused"


def test_of_a_namespace_that_was_not_read_nothing_is_told() -> None:
    elsewhere = msgspec.structs.replace(ROOTLESS, relay=Relay(4, 0, 80, netns="container:gone"))
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
    tap = msgspec.structs.replace(PASTA.relay.tap or TapEntry(), **fields)
    return msgspec.structs.replace(PASTA, relay=msgspec.structs.replace(PASTA.relay, tap=tap))


# the host; the client; the address that it asks; the verdict.  Measured with pasta 0.0~git20250503 and Podman 5.4.2.
CASES: dict[str, tuple[Network, Start, str, str]] = {
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


SLIRP = msgspec.structs.replace(
    ROOTLESS, process="slirp4netns", relay=Relay(4, 0, 80, netns="container:web", tap=TapEntry("tap0"))
)


def by_slirp(*, routed: bool) -> Network:
    """Return the host with ann's container behind slirp4netns, which takes its port itself (port_handler)."""
    whole = rootless("")
    inner, outer = (
        next(each for each in whole.this.namespaces if (each.name == "container:web") == of) for of in (True, False)
    )
    ways = inner.routes if routed else tuple(each for each in inner.routes if each.prefix_length)
    inner = msgspec.structs.replace(inner, sockets=(ALL,), routes=ways)
    outer = msgspec.structs.replace(outer, sockets=(SLIRP,))
    return whole.with_host(msgspec.structs.replace(whole.this, namespaces=(outer, inner)))


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


ALL_CASES = CASES | BY_SLIRP


@each_row(("of", "start", "address", "verdict"), ALL_CASES.values(), ids=ALL_CASES)
def test_pasta_sends_all_but_loopback_in_by_the_tap_link(of: Network, start: Start, address: str, verdict: str) -> None:
    assert walk_flow(of, published(start, address)).verdict == verdict


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

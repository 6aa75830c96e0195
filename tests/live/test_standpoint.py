"""Where a flow can be sent from, and why it is not sent."""

from collections.abc import Mapping

import msgspec
import pytest

from hairpin.live.standpoint import LiveStandpoint, namespace_path, standpoint_of
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from tests.report.answers import network
from tests.small_host import number

NETWORK = network()
HERE = NETWORK.this.netns
WEB = next(each for each in NETWORK.this.containers() if each.netns is not None and each.pid)
NETNS = HERE.sibling(str(WEB.netns))
TARGET = number("198.51.100.11")


def flow(start: FromHost | FromContainer | Outside | Lan, target: int = TARGET, *, invented: bool = False) -> Flow:
    return Flow(start, 4, target, "tcp", 8080, invented=invented)


CLIENT = Outside(number("192.0.2.9"))
# the flow, --probe-from, the standpoint or a word of the reason
CASES: Mapping[str, tuple[Flow, str, LiveStandpoint | str]] = {
    "the host": (flow(FromHost()), "", LiveStandpoint("host", HERE)),
    "a bound address": (flow(FromHost(TARGET)), "", LiveStandpoint("host", HERE, "198.51.100.11")),
    "a container": (flow(FromContainer(WEB.name, NETNS)), "", LiveStandpoint(f"container:{WEB.name}", NETNS)),
    "a client without a machine": (flow(CLIENT), "", "--probe-from"),
    "a client with a machine": (flow(CLIENT), "me@box", LiveStandpoint("me@box")),
    "a client that hairpin chose": (flow(CLIENT, invented=True), "me@box", "--probe-from"),
    "a neighbour that hairpin chose": (flow(Lan(number("198.51.100.250"))), "me@box", "--probe-from"),
    "an address that hairpin chose": (flow(FromHost(), invented=True), "", "hairpin chose its address"),
    "multicast": (flow(FromHost(), number("224.0.0.251")), "", "broadcast or multicast"),
    "broadcast": (flow(FromHost(), number("255.255.255.255")), "", "broadcast or multicast"),
    "another host": (msgspec.structs.replace(flow(FromHost()), host="node2"), "", "another host"),
    "a container that is gone": (flow(FromContainer("no", HERE.sibling("container:no"))), "", "cannot be entered"),
}


@pytest.mark.parametrize(("asked", "probe_from", "expected"), CASES.values(), ids=CASES)
def test_standpoint(asked: Flow, probe_from: str, expected: LiveStandpoint | str) -> None:
    found = standpoint_of(NETWORK, asked, probe_from)
    assert (expected in str(found)) if isinstance(expected, str) else (found == expected)


def test_namespaces_of_this_host_alone_are_entered() -> None:
    assert namespace_path(NETWORK, HERE) == "/proc/self/ns/net"
    assert namespace_path(NETWORK, NETNS) == f"/proc/{WEB.pid}/ns/net"
    assert namespace_path(NETWORK, HERE.sibling("netns:blue")) == "/run/netns/blue"
    assert namespace_path(NETWORK, msgspec.structs.replace(HERE, host="node2")) is None

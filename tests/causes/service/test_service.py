"""The service in a container."""

import msgspec
import pytest

from hairpin.host.socket import Socket
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import serving
from tests.small_host import host_namespace, network, published

LOOPBACK, ELSEWHERE = 0x7F000001, parse_address("172.18.0.2")[1]
WORKING = Socket("tcp", 4, None, 80, process="httpd", pid=7)


def listening_on_host(address: int | None) -> Network:
    """Return the host with a service of its own on port 7078."""
    host = host_namespace()
    own = Socket("tcp", 4, address, 7078, process="python3", pid=9)
    return network(msgspec.structs.replace(host, sockets=(*host.sockets, own)))


CASES: dict[str, Case] = {
    "a service of the host, bound to loopback": Case(
        listening_on_host(LOOPBACK), msgspec.structs.replace(published(), dport=7078),
        ("host-service-listens-on-loopback",), listening_on_host(None),
    ),
    "bound to loopback": Case(
        serving(Socket("tcp", 4, LOOPBACK, 80)), published(), ("service-listens-on-container-loopback",),
    ),
    "bound to the loopback link": Case(
        serving(Socket("tcp", 4, None, 80, device="lo")), published(), ("service-listens-on-container-loopback",),
        serving(Socket("tcp", 4, None, 80, device="eth0")),
    ),
    "bound to another address": Case(
        serving(Socket("tcp", 4, ELSEWHERE, 80)), published(), ("service-listens-on-one-container-address",),
    ),
    "bound to another link": Case(
        serving(Socket("tcp", 4, None, 80, device="eth1")), published(),
        ("service-listens-on-one-container-address",), serving(Socket("tcp", 4, None, 80, device="eth0")),
    ),
    "listens on another port": Case(
        serving(Socket("tcp", 4, None, 8080)), published(), ("service-listens-on-other-port",),
        serving(Socket("tcp", 4, None, 8080), WORKING),
    ),
    "listens for IPv6 alone": Case(
        serving(Socket("tcp", 6, None, 80, v6only=True)), published(), ("service-listens-on-wrong-family",),
        serving(Socket("tcp", 6, None, 80)),
    ),
    "nothing listens": Case(serving(), published(), ("service-not-listening",)),
    "nothing listens on this one of several ports": Case(
        serving(Socket("tcp", 4, None, 81), Socket("tcp", 4, None, 82)), published(), ("service-not-listening",),
    ),
    "its control group is frozen": Case(
        serving(Socket("tcp", 4, None, 80, process="httpd", pid=7, frozen="/sys/fs/cgroup/freezer/x")), published(),
        ("service-process-stopped",),
    ),
    "its process is stopped": Case(
        serving(Socket("tcp", 4, None, 80, process="httpd", pid=7, halted=True)), published(),
        ("service-process-stopped",), serving(WORKING),
    ),
}  # fmt: skip

HARMLESS: dict[str, tuple[Network, Flow]] = {
    "the process of another port is stopped": (
        serving(WORKING, Socket("tcp", 4, None, 81, pid=8, halted=True)), published(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_is_named_on_the_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)


@pytest.mark.parametrize(("network", "flow"), HARMLESS.values(), ids=HARMLESS)
def test_no_cause_is_named_for_a_harmless_fault(network: Network, flow: Flow) -> None:
    is_silent(network, flow)

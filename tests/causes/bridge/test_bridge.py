"""Bridges, their ports and veths."""

import pytest

from hairpin.host.link import BridgePort
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import FROM_DB, asked, proxy_off, with_db, with_link, without_addresses, without_route
from tests.small_host import HOST_NETNS, WEB_ITSELF, host_namespace, network, published

TO_WEB = asked(FROM_DB, "172.17.0.2", 80)
ISOLATED = BridgePort(isolated=True)


def linked(name: str, **changed: object) -> Network:
    """Return the host with one link changed."""
    return network(with_link(host_namespace(), name, **changed))


def ports(*isolated: str) -> Network:
    """Return the host with two containers, some of whose bridge ports are isolated."""
    whole = with_db()
    host = whole.namespace(HOST_NETNS)
    for name in isolated:
        host = with_link(host, name, port=ISOLATED)
    return whole.with_namespace(HOST_NETNS, host)


CASES: dict[str, Case] = {
    "bridged packets are not shown to iptables": Case(
        proxy_off(bridged="0"), published(FROM_DB), ("br-netfilter-off-hairpin",), proxy_off(),
    ),
    "the bridge has lost its address": Case(
        network(without_addresses(host_namespace(), "docker0")), published(), ("bridge-address-missing",),
    ),
    "the bridge is down": Case(linked("docker0", up=False), published(), ("bridge-down",)),
    "both ports are isolated": Case(ports("veth1", "veth2"), TO_WEB, ("bridge-port-isolated",), ports("veth1")),
    "the route into the bridge is gone": Case(
        network(without_route(host_namespace(), parse_address("172.17.0.0")[1])), published(),
        ("bridge-route-missing",),
    ),
    "a container connects to its own published port": Case(
        proxy_off(hairpin=False), published(WEB_ITSELF), ("hairpin-mode-off",), proxy_off(),
    ),
    "the veth is not a port of the bridge": Case(
        linked("veth1", master=None, port=None), published(), ("veth-detached-from-bridge",),
    ),
    "the veth is down": Case(linked("veth1", up=False), published(), ("veth-down",)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_is_named_on_the_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)

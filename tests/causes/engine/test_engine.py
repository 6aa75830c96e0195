"""How the engine was configured: published ports, the relay, options."""

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.docker import Engine, PortBinding
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import Peer, World
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import (
    asked,
    bound,
    down,
    ignored,
    outlived,
    proxy_off,
    published_as,
    readdressed,
    relayed_udp,
    stopped,
    told,
)
from tests.rule_text import without
from tests.small_host import CLIENT, DOCKER_RULES, WEB_ITSELF, egress, engine, host_namespace, network, published
from tests.two_hosts import node

LOOPBACK, SECOND = 0x7F000001, parse_address("198.51.100.12")[1]
ON_LOOPBACK = bound(PortBinding("tcp", 80, 8151, LOOPBACK, 4), LOOPBACK)
ON_SECOND = bound(PortBinding("tcp", 80, 8151, SECOND, 4), SECOND)
NO_MASQUERADE = host_namespace(without("! -o docker0 -j MASQUERADE"))
LOCAL = published(FromHost(), "127.0.0.1")
OUTSIDE = Outside(CLIENT)
NAMES = asked(WEB_ITSELF, "198.51.100.11", 5353, "udp")

PICKY = World(peers=(Peer(4, 0, 0, accepts=((parse_address("198.51.100.0")[1], 24),)),))


def unmasqueraded() -> Engine:
    """Return dockerd whose default network is not masqueraded."""
    docker = told(ip_masq=False)
    default = (("com.docker.network.bridge.default_bridge", "true"),)
    return msgspec.structs.replace(docker, networks=(msgspec.structs.replace(docker.networks[0], options=default),))


CASES: dict[str, Case] = {
    "rules outlive their container": Case(outlived(), published(), ("dnat-rule-stale-address",)),
    "rules lead to the address that the container had": Case(
        readdressed(DOCKER_RULES), published(), ("dnat-rule-stale-address",),
        readdressed(DOCKER_RULES.replace("172.17.0.2", "172.17.0.9")),
    ),
    "iptables=false": Case(
        network(NO_MASQUERADE, docker=told(iptables=False)), egress(), ("docker-daemon-iptables-false",),
        network(docker=told(iptables=False)),
    ),
    "its daemon is not running": Case(
        down(stopped("exited")), published(), ("docker-daemon-not-running",), down(network(), state="answers"),
    ),
    "its daemon has ended, and docker-proxy with it": Case(
        down(network(host_namespace(sockets=()))), LOCAL, ("docker-daemon-not-running",)
    ),
    "docker-proxy is gone": Case(network(host_namespace(sockets=())), LOCAL, ("docker-proxy-missing",)),
    "docker-proxy answers a datagram from the bridge's address": Case(
        relayed_udp("20.10.24"), NAMES, ("docker-proxy-udp-wrong-source",), relayed_udp("28.5.2"),
    ),
    "ports published on the host's network": Case(
        network(
            host_namespace(without("172.17.0.2"), sockets=(Socket("tcp", 4, None, 80),)),
            docker=engine(msgspec.structs.replace(ignored("host"), netns="host")),
        ),
        published(), ("host-network-ignores-ports",),
    ),
    "masquerading is switched off, and a peer drops the containers' addresses": Case(
        network(NO_MASQUERADE, docker=unmasqueraded(), world=PICKY), egress(), ("masquerade-disabled-on-network",),
        network(NO_MASQUERADE, docker=unmasqueraded()),
    ),
    "not published at all": Case(
        network(), asked(OUTSIDE, "198.51.100.11", 80), ("port-not-published",),
        published_as(PortBinding("tcp", 80, 80, None, 4)),
    ),
    "the asked address is on no link": Case(
        network(), published(address="198.51.100.12"), ("publish-address-not-on-host",), ON_SECOND,
    ),
    "published on loopback": Case(ON_LOOPBACK, published(), ("published-on-loopback-only",)),
    "published on another address": Case(ON_SECOND, published(), ("published-on-other-address",)),
    "published for tcp, reached by udp": Case(
        network(), asked(OUTSIDE, "198.51.100.11", 8151, "udp"), ("published-protocol-mismatch",),
        published_as(PortBinding("udp", 80, 8151, None, 4)),
    ),
    "the bridge does not route loopback addresses": Case(
        proxy_off(route_localnet="0"), LOCAL, ("userland-proxy-off-no-route-localnet",), proxy_off(),
    ),
}  # fmt: skip

HARMLESS: dict[str, tuple[Network, Flow]] = {
    "published on loopback and reached there": (ON_LOOPBACK, LOCAL),
    "published on another address and reached there": (ON_SECOND, published(address="198.51.100.12")),
    "a datagram from outside, relayed": (relayed_udp("20.10.24"), asked(OUTSIDE, "198.51.100.11", 5353, "udp")),
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


def test_an_address_of_another_host_is_not_given_to_this_one() -> None:
    both = msgspec.structs.replace(network(), hosts=(*network().hosts, node("two")))
    named = [each.cause for each in diagnose(both, published(address="198.51.100.12")).causes]
    assert "publish-address-not-on-host" not in named

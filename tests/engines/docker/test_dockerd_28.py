"""The differences between dockerd 28.0.1 and 29 with iptables, and by gateway mode."""

import msgspec
import pytest

from hairpin.host.docker import DockerNetwork, Engine, PortBinding
from tests.engines.hosts import DOCKER0, HTTP, N1, SIX, WEB, container, docker, endpoint, network, number, texts
from tests.rows import each_row

SIX_WEB = container(
    "web", endpoint("six", "172.22.0.2", "2001:db8:6::2"), publish=(HTTP, PortBinding("tcp", 80, 8080, version=6))
)


def gateway(mode: str, *more: tuple[str, str]) -> DockerNetwork:
    return network("n1", "172.21.0.0/16", options=(("gateway_mode_ipv4", mode), *more))


def test_forward_only_jumps() -> None:
    assert texts(docker("28.5.2", DOCKER0, N1), "ip", "filter", "FORWARD") == ["-j DOCKER-USER", "-j DOCKER-FORWARD"]


STAGES = {"28.5.2": "-j DOCKER-ISOLATION-STAGE-1", "29.0.0": "-j DOCKER-INTERNAL"}


@pytest.mark.parametrize(("version", "stage"), STAGES.items())
def test_docker_forward(version: str, stage: str) -> None:
    quiet = network("quiet", "172.33.0.0/16", options=(("enable_icc", "false"),))
    assert texts(docker(version, N1, quiet), "ip", "filter", "DOCKER-FORWARD") == [
        "-j DOCKER-CT",
        stage,
        "-j DOCKER-BRIDGE",
        "-i br-n1 -j ACCEPT",
        "-i br-quiet -o br-quiet -j DROP",
        "-i br-quiet ! -o br-quiet -j ACCEPT",
    ]


OPEN = "-d 172.21.0.2/32 ! -i br-n1 -o br-n1 -p tcp -m tcp --dport 80 -j ACCEPT"
DROP = "! -i br-n1 -o br-n1 -j DROP"
ADMITTED: dict[str, tuple[DockerNetwork, list[str]]] = {
    "nat": (N1, [OPEN, DROP]),
    "routed": (gateway("routed"), [OPEN, "-o br-n1 -p icmp -j ACCEPT", DROP]),
    "unprotected": (gateway("nat-unprotected"), ["! -i br-n1 -o br-n1 -j ACCEPT"]),
}


@pytest.mark.parametrize(("own", "rules"), ADMITTED.values(), ids=ADMITTED)
def test_admitted_packets(own: DockerNetwork, rules: list[str]) -> None:
    assert texts(docker("28.5.2", own, containers=(WEB,)), "ip", "filter", "DOCKER") == rules


GUARD = "-d 172.21.0.2/32 ! -i br-n1 -j DROP"
RAW: dict[str, tuple[str, DockerNetwork, list[str]]] = {
    "whole address": ("28.5.2", N1, [GUARD]),
    "before 28.2 its ports": ("28.1.1", N1, ["-d 172.21.0.2/32 ! -i br-n1 -p tcp -m tcp --dport 80 -j DROP"]),
    "routed": ("28.5.2", gateway("routed"), []),
    "unprotected": ("28.5.2", gateway("nat-unprotected"), []),
    "trusted interfaces": (
        "28.5.2",
        gateway("nat", ("trusted_host_interfaces", "eth0:wg0")),
        ["-d 172.21.0.2/32 -i eth0 -j ACCEPT", "-d 172.21.0.2/32 -i wg0 -j ACCEPT", GUARD],
    ),
}


@each_row(("version", "own", "rules"), RAW.values(), ids=RAW)
def test_guarded_addresses(version: str, own: DockerNetwork, rules: list[str]) -> None:
    assert texts(docker(version, own, containers=(WEB,)), "ip", "raw", "PREROUTING") == rules


def test_direct_routing_can_be_allowed() -> None:
    engine = msgspec.structs.replace(docker("28.5.2", N1, containers=(WEB,)), allow_direct_routing=True)
    assert texts(engine, "ip", "raw", "PREROUTING") == []


def test_a_loopback_mapping_is_guarded() -> None:
    local = PortBinding("tcp", 80, 8080, host_ip=number("127.0.0.1"))
    web = container("web", endpoint("n1", "172.21.0.2"), publish=(local,))
    assert texts(docker("28.5.2", N1, containers=(web,)), "ip", "raw", "PREROUTING") == [
        GUARD,
        "-d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport 8080 -j DROP",
    ]


SPARED: dict[str, tuple[str, DockerNetwork, bool]] = {
    "nat": ("28.5.2", N1, True),
    "since 29 the proxy needs no sparing": ("29.0.0", N1, False),
    "routed": ("28.0.1", gateway("routed", ("enable_ip_masquerade", "false")), True),
    "routed, since 28.1": ("28.1.0", gateway("routed", ("enable_ip_masquerade", "false")), False),
}


@pytest.mark.parametrize(("version", "own", "spared"), SPARED.values(), ids=SPARED)
def test_packets_from_a_bridge_are_not_translated(version: str, own: DockerNetwork, spared: bool) -> None:
    assert ("-i br-n1 -j RETURN" in texts(docker(version, own), "ip", "nat", "DOCKER")) is spared


def test_the_hairpin_masquerade_is_for_hosts_without_a_proxy() -> None:
    engine = docker("28.5.2", N1, containers=(WEB,))
    itself = "-s 172.21.0.2/32 -d 172.21.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE"
    assert itself not in texts(engine, "ip", "nat", "POSTROUTING")
    assert itself in texts(msgspec.structs.replace(engine, userland_proxy=False), "ip", "nat", "POSTROUTING")


def test_ipv6_translation_leaves_link_local_sources_alone() -> None:
    engine: Engine = docker("28.5.2", SIX, containers=(SIX_WEB,))
    assert texts(engine, "ip6", "nat", "DOCKER")[-1] == (
        "! -s fe80::/10 ! -i br-six -p tcp -m tcp --dport 8080 -j DNAT --to-destination [2001:db8:6::2]:80"
    )


USERS = {"28.2.1": ["-j RETURN"], "28.2.2": []}


@pytest.mark.parametrize(("version", "rules"), USERS.items())
def test_the_users_chain(version: str, rules: list[str]) -> None:
    assert texts(docker(version, DOCKER0), "ip", "filter", "DOCKER-USER") == rules


BORDERS = {"28.5.2": "DOCKER-ISOLATION-STAGE-1", "29.0.0": "DOCKER-INTERNAL"}


@pytest.mark.parametrize(("version", "chain"), BORDERS.items())
def test_an_internal_network_has_borders(version: str, chain: str) -> None:
    own = network("int", "172.31.0.0/16", internal=True, options=(("gateway_mode_ipv4", "isolated"),))
    assert texts(docker(version, own), "ip", "filter", chain) == [
        "! -s 172.31.0.0/16 -o br-int -j DROP",
        "! -d 172.31.0.0/16 -i br-int -j DROP",
    ]
    assert texts(docker(version, own), "ip", "filter", "DOCKER-FORWARD")[-1] == "-i br-int -o br-int -j ACCEPT"


def test_28_keeps_bridges_apart_but_lets_packets_into_routed_ones() -> None:
    routed = network("routed", "172.33.0.0/16", options=(("gateway_mode_ipv4", "routed"),))
    assert texts(docker("28.5.2", N1, routed), "ip", "filter", "DOCKER-ISOLATION-STAGE-1") == [
        "-i br-routed -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-o br-routed -j RETURN",
        "-i br-n1 ! -o br-n1 -j DOCKER-ISOLATION-STAGE-2",
        "-i br-routed ! -o br-routed -j DOCKER-ISOLATION-STAGE-2",
    ]

"""Sockets that hold published ports."""

import msgspec

from hairpin.engines.docker.dockerd import expected
from hairpin.host.docker import Engine, PortBinding
from tests.engines.hosts import EMPTY, HTTP, N1, container, docker, endpoint, network, number

BOTH = (HTTP, PortBinding("tcp", 80, 8080, version=6), PortBinding("udp", 53, 53, host_ip=number("127.0.0.1")))


def held(engine: Engine) -> list[tuple[str, str, int, int | None, int]]:
    listeners = expected(engine, EMPTY).listeners
    return [(one.process, one.protocol, one.version, one.address, one.port) for one in listeners]


def published(*bindings: PortBinding) -> Engine:
    return docker("28.5.2", N1, containers=(container("web", endpoint("n1", "172.21.0.2"), publish=bindings),))


def test_each_binding_has_a_proxy() -> None:
    assert held(published(*BOTH)) == [
        ("docker-proxy", "udp", 4, 0x7F000001, 53),
        ("docker-proxy", "tcp", 4, None, 8080),
        ("docker-proxy", "tcp", 6, None, 8080),
    ]


def test_without_a_proxy_the_daemon_holds_the_port() -> None:
    engine = msgspec.structs.replace(published(HTTP), userland_proxy=False)
    assert held(engine) == [("dockerd", "tcp", 4, None, 8080)]
    assert expected(engine, EMPTY).hairpin_bridges == ("br-n1",)


def test_a_binding_that_is_not_in_effect_has_no_listener() -> None:
    assert held(published(msgspec.structs.replace(HTTP, actual=False))) == []


def test_a_routed_network_holds_no_port() -> None:
    routed = network("n1", "172.21.0.0/16", options=(("gateway_mode_ipv4", "routed"),))
    assert held(msgspec.structs.replace(published(HTTP), networks=(routed,))) == []

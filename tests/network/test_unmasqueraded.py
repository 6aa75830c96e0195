"""Networks behind a host that are not masqueraded, on purpose."""

import msgspec

from hairpin.host.docker import DockerNetwork
from hairpin.host.link import Link
from hairpin.network.network import Network
from hairpin.network.prefix import parse_prefix
from hairpin.network.unmasqueraded import is_unmasqueraded, unmasqueraded
from tests.rows import each_row
from tests.small_host import GATEWAY, HOST_NETNS, WEB, container, engine, host_namespace, network, route

DEFAULT = ("com.docker.network.bridge.default_bridge", "true")
DOCKER0 = parse_prefix("172.17.0.0/16")[1:]


def host(*options: tuple[str, str], **told: object) -> Network:
    """Return the host, with options of its network, and of its engine."""
    docker = engine(container())
    (bridge,) = docker.networks
    changed: DockerNetwork = msgspec.structs.replace(bridge, options=options)
    return network(docker=msgspec.structs.replace(docker, **{"networks": (changed,), **told}))


# network, the subnets
CASES: dict[str, tuple[Network, tuple[tuple[int, int], ...]]] = {
    "an engine's network": (host(), ()),
    "its masquerading is off": (host(("com.docker.network.bridge.enable_ip_masquerade", "false")), (DOCKER0,)),
    "the daemon's is off, for its default network": (host(DEFAULT, ip_masq=False), (DOCKER0,)),
    "the daemon's is off, which says nothing of other networks": (host(ip_masq=False), ()),
    "its gateway mode is routed": (host(("com.docker.network.bridge.gateway_mode_ipv4", "routed")), (DOCKER0,)),
    "an engine that makes no rules": (host(iptables=False), ()),
    "a bridge that no engine made": (host(networks=()), (DOCKER0,)),
}


@each_row(("net", "subnets"), CASES.values(), ids=CASES)
def test_unmasqueraded(net: Network, subnets: tuple[tuple[int, int], ...]) -> None:
    assert unmasqueraded(net, HOST_NETNS, 4) == subnets
    assert is_unmasqueraded(net, HOST_NETNS, 4, WEB) == bool(subnets)
    assert not is_unmasqueraded(net, HOST_NETNS, 4, GATEWAY)


def test_a_network_behind_an_uplink_is_not_behind_the_host() -> None:
    namespace = host_namespace(routes=(route("10.0.0.0/8", "eth0", via="198.51.100.1"), route("10.1.0.0/16", "eth1")))
    grown = msgspec.structs.replace(namespace, links=(*namespace.links, Link(70, "eth1")))
    assert unmasqueraded(network(grown), HOST_NETNS, 4) == ()

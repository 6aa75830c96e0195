"""The small host with a bridge that no engine made, and behind it a namespace that ``ip netns add`` or CNI plug-ins
made, read or unread."""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry, Neighbour
from hairpin.host.socket import Socket
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.small_host import DOCKER_RULES, HOST_NETNS, host_namespace, lo, local, network, route, sysctls

POD = parse_address("10.4.0.2")[1]
BRIDGE_ADDRESS = parse_address("10.4.0.1")[1]
POD_MAC = 0x020000000402
RULES = DOCKER_RULES.replace(
    "-A FORWARD -j DOCKER-USER\n",
    "-A FORWARD -j DOCKER-USER\n-A FORWARD -s 10.4.0.0/16 -j ACCEPT\n-A FORWARD -d 10.4.0.0/16 -j ACCEPT\n",
)
"""Docker's rules, and rules that accept the bridge's network."""
LISTENING = (Socket("tcp", 4, None, 80, process="httpd", pid=9), Socket("tcp", 4, 0x7F000001, 81))


def with_bridge(rules: str = RULES, *, addressless: bool = False, ports: int = 1) -> Namespace:
    """Return the host's namespace with the bridge cni0 and its ports vethpod0, vethpod1, …"""
    host = host_namespace(rules, values={"conf__cni0__forwarding": "1"}, routes=(
        () if addressless else (route("10.4.0.0/16", "cni0"), local("10.4.0.1/32", "cni0"))
    ))  # fmt: skip
    veths = tuple(
        Link(21 + 2 * n, f"vethpod{n}", "veth", master="cni0", peer_index=20 + 2 * n, peer_netnsid=7 + n,
             port=BridgePort())
        for n in range(ports)
    )  # fmt: skip
    own = () if addressless else (Address("cni0", 4, BRIDGE_ADDRESS, 16),)
    bridge = Link(10, "cni0", "bridge", bridge=BridgeInfo(forward_delay_s=15.0))
    return msgspec.structs.replace(host, links=(*host.links, bridge, *veths), addresses=(*host.addresses, *own))


def learned(host: Namespace, port: str = "vethpod0") -> Namespace:
    """Return the host's namespace whose bridge has learned that the pod's address is behind the port."""
    known = Neighbour("cni0", 4, POD, POD_MAC, "REACHABLE")
    return msgspec.structs.replace(host, neighbours=(known,), fdb=(FdbEntry("cni0", port, POD_MAC),))


def inside(
    name: str = "worker", value: int = POD, number: int = 0, sockets: tuple[Socket, ...] = LISTENING
) -> Namespace:
    """Return the namespace behind the bridge's port ``number``."""
    return Namespace(
        name=f"netns:{name}",
        links=(lo(), Link(20 + 2 * number, "eth0", "veth", peer_index=21 + 2 * number, peer_netnsid=0)),
        addresses=(Address("lo", 4, 0x7F000001, 8, "host"), Address("eth0", 4, value, 16)),
        routes=(
            local("127.0.0.0/8", "lo"),
            local("127.0.0.1/32", "lo"),
            msgspec.structs.replace(local("10.4.0.2/32", "eth0"), destination=value),
            route("10.4.0.0/16", "eth0"),
            route("default", "eth0", via="10.4.0.1"),
        ),
        sysctls=sysctls(),
        sockets=sockets,
    )


def whole(*namespaces: Namespace, host: Namespace | None = None) -> Network:
    """Return the host with container ``web`` and these further namespaces."""
    built = network(host if host is not None else with_bridge(ports=max(1, len(namespaces))))
    return built.with_host(msgspec.structs.replace(built.this, namespaces=(*built.this.namespaces, *namespaces)))


def named(name: str = "worker") -> Netns:
    """Return the identity of the namespace."""
    return HOST_NETNS.sibling(f"netns:{name}")

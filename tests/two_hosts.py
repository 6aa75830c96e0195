"""Two hosts on one link, each with a bridge for containers, built by hand, so that a test changes one thing at a time.

Recorded networks of real hosts are in tests/fixtures/networks.
"""

import msgspec

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, BridgeInfo, Link, Tunnel
from hairpin.host.managers import ConfigFile
from hairpin.host.netns import Netns
from hairpin.host.route import FdbEntry, Neighbour, NextHop, Route
from hairpin.host.socket import Socket
from hairpin.network.network import Network
from tests.small_host import FORWARDING, lo, local, number, route, ruleset, sysctls

ADDRESSES = {"one": number("198.51.100.11"), "two": number("198.51.100.12")}
MACS = {"one": 0x0200_0000_0011, "two": 0x0200_0000_0012}
TUNNEL_MACS = {"one": 0x0200_0000_0021, "two": 0x0200_0000_0022}
TUNNEL_ADDRESSES = {"one": number("10.244.1.0"), "two": number("10.244.2.0")}
OPEN = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
ONE, TWO = Netns("one"), Netns("two")


def other_of(name: str) -> str:
    return "two" if name == "one" else "one"


def vxlan(name: str, *, key: int = 1, port: int = 8472) -> Tunnel:
    return Tunnel("vxlan", key=key, port=port, local=ADDRESSES[name], underlay="eth0")


def node(
    name: str,
    *,
    neighbours: tuple[Neighbour, ...] = (),
    address: int | None = None,
    tunnel: Tunnel | None = None,
    remote: int | None = None,
    rules: str = OPEN,
    mtu_bytes: int = 1500,
) -> Host:
    """Return a host with a tunnel device as flannel makes it, and the permanent entries for the other host's."""
    own = ADDRESSES[name] if address is None else address
    far = other_of(name)
    entered = Neighbour("flannel.1", 4, TUNNEL_ADDRESSES[far], TUNNEL_MACS[far], "PERMANENT")
    gateway = NextHop("flannel.1", TUNNEL_ADDRESSES[far], onlink=True)
    text = f"10.244.{1 if name == 'one' else 2}.0"
    namespace = Namespace(
        "host",
        links=(
            lo(),
            Link(2, "eth0", mac=MACS[name], mtu_bytes=mtu_bytes),
            Link(3, "flannel.1", "vxlan", mac=TUNNEL_MACS[name], tunnel=tunnel or vxlan(name), mtu_bytes=1450),
            Link(4, "docker0", "bridge", bridge=BridgeInfo(), carrier=False),
        ),
        addresses=(
            Address("lo", 4, 0x7F000001, 8, "host"),
            Address("eth0", 4, own, 24),
            Address("flannel.1", 4, TUNNEL_ADDRESSES[name], 32),
            Address("docker0", 4, number("172.17.0.1"), 16),
        ),
        routes=(
            local("127.0.0.0/8", "lo"),
            Route(4, own, 32, 255, "local", (NextHop("eth0"),)),
            local(f"{text}/32", "flannel.1"),
            route("198.51.100.0/24", "eth0"),
            route("172.17.0.0/16", "docker0"),
            Route(4, TUNNEL_ADDRESSES[far], 24, next_hops=(gateway,)),
            route("default", "eth0", via="198.51.100.1"),
        ),
        neighbours=(*neighbours, entered),
        fdb=(FdbEntry(None, "flannel.1", TUNNEL_MACS[far], remote=ADDRESSES[far] if remote is None else remote),),
        sysctls=sysctls(**FORWARDING, conf__eth0__rp_filter="0"),
        sockets=(Socket("tcp", 4, None, 80),),
        ruleset=ruleset(rules),
    )
    return Host(name, namespaces=(namespace,))


def without_own_address(name: str, *files: ConfigFile) -> Host:
    """Return a host whose eth0 has lost its address, its routes with it."""
    host = node(name)
    namespace = host.namespaces[0]
    kept = msgspec.structs.replace(
        namespace,
        addresses=tuple(each for each in namespace.addresses if each.link != "eth0"),
        routes=tuple(each for each in namespace.routes if all(hop.link != "eth0" for hop in each.next_hops)),
    )
    return msgspec.structs.replace(host, namespaces=(kept,), files=files)


def seen(name: str) -> Neighbour:
    """Return one host's neighbour entry for the other host."""
    return Neighbour("eth0", 4, ADDRESSES[other_of(name)], MACS[other_of(name)], "REACHABLE")


def network(*hosts: Host) -> Network:
    return Network(hosts or (node("one"), node("two")))

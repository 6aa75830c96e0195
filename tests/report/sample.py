"""A Docker host as parsed, small: eth0 198.51.100.2/24, docker0 172.17.0.1/16, container web, port 8151 → 80."""

import msgspec

from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding, Subnet
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.managers import ConfigFile
from hairpin.host.route import NextHop, Neighbour, PolicyRule, Route
from hairpin.host.socket import Relay, Socket
from hairpin.host.sysctl import Path, Sysctls
from hairpin.netfilter.ir import Ruleset
from hairpin.netfilter.iptables_save import parse
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address

RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-USER -j RETURN
COMMIT
"""
AT = "2026-10-01T12:00:00Z"


def number(text: str) -> int:
    return parse_address(text)[1]


def sysctls(**changed: str) -> Sysctls:
    """Return the host's values; ``changed`` names them with underscores for dots: ``net_ipv4_ip_forward="0"``."""
    values: dict[Path, str] = {("net", "ipv4", "ip_forward"): "1"}
    for link in ("all", "default", "lo", "eth0", "docker0", "veth1"):
        values |= {
            ("net", "ipv4", "conf", link, "forwarding"): "1",
            ("net", "ipv4", "conf", link, "rp_filter"): "0",
            ("net", "ipv4", "conf", link, "route_localnet"): "0",
        }
    for key, value in changed.items():
        values[tuple(key.replace("ip_forward", "ip-forward").split("_"))] = value
    return Sysctls({tuple(part.replace("ip-forward", "ip_forward") for part in k): v for k, v in values.items()}, "e2")


def _local(address: str, link: str) -> Route:
    return Route(4, number(address), 32, table=255, type="local", next_hops=(NextHop(link),), evidence="e3")


def _network(prefix: str, length: int, link: str, source: str) -> Route:
    hop = NextHop(link)
    return Route(4, number(prefix), length, next_hops=(hop,), prefsrc=number(source), scope="link", evidence="e3")


RULE_TABLES = tuple(
    PolicyRule(4, priority, table=table, text=f"{priority}: from all lookup {name}", evidence="e3")
    for priority, table, name in ((0, 255, "local"), (32766, 254, "main"))
)


def host_namespace(rules: str = RULES, values: Sysctls | None = None) -> Namespace:
    tables = parse(rules, family="ip", dialect="iptables-nft", source="iptables-save -c", evidence="e4")
    return Namespace(
        "host",
        links=(
            Link(1, "lo", "loopback", flags=("LOOPBACK",)),
            Link(2, "eth0", "", mac=2, evidence="e1"),
            Link(3, "docker0", "bridge", mac=3),
            Link(5, "veth1", "veth", mac=5, master="docker0", peer_index=4, peer_netnsid=0, port=BridgePort()),
        ),
        addresses=(
            Address("lo", 4, number("127.0.0.1"), 8, scope="host"),
            Address("eth0", 4, number("198.51.100.2"), 24),
            Address("docker0", 4, number("172.17.0.1"), 16),
        ),
        routes=(
            _local("127.0.0.1", "lo"),
            Route(4, number("127.0.0.0"), 8, table=255, type="local", next_hops=(NextHop("lo"),)),
            _local("198.51.100.2", "eth0"),
            _local("172.17.0.1", "docker0"),
            _network("198.51.100.0", 24, "eth0", "198.51.100.2"),
            _network("172.17.0.0", 16, "docker0", "172.17.0.1"),
            Route(4, 0, 0, next_hops=(NextHop("eth0", number("198.51.100.1"), 4),), evidence="e3"),
        ),
        rules=RULE_TABLES,
        neighbours=(Neighbour("eth0", 4, number("198.51.100.1"), 0xAA, "REACHABLE"),),
        sysctls=values or sysctls(),
        sockets=(
            Socket("tcp", 4, None, 8151, process="docker-proxy", relay=Relay(4, number("172.17.0.2"), 80), evidence="e5"),
        ),
        ruleset=Ruleset(tables),
    )


CONTAINER = Namespace(
    "container:web",
    links=(
        Link(1, "lo", "loopback", flags=("LOOPBACK",)),
        Link(4, "eth0", "veth", mac=4, peer_index=5, peer_netnsid=0),
    ),
    addresses=(Address("lo", 4, number("127.0.0.1"), 8, scope="host"), Address("eth0", 4, number("172.17.0.2"), 16)),
    routes=(
        Route(4, number("127.0.0.0"), 8, table=255, type="local", next_hops=(NextHop("lo"),)),
        _local("172.17.0.2", "eth0"),
        _network("172.17.0.0", 16, "eth0", "172.17.0.2"),
        Route(4, 0, 0, next_hops=(NextHop("eth0", number("172.17.0.1"), 4),)),
    ),
    rules=RULE_TABLES,
    sockets=(Socket("tcp", 4, None, 80, process="httpd", pid=77, evidence="e6"),),
)
WEB = Container(
    "0123456789abcdef",
    "web",
    "running",
    pid=77,
    bindings=(PortBinding("tcp", 80, 8151),),
    endpoints=(Endpoint("bridge", "b1", number("172.17.0.2"), 16, gateway4=number("172.17.0.1")),),
    netns="container:web",
    evidence="e7",
)
BRIDGE = DockerNetwork(
    "b1",
    "bridge",
    "bridge",
    subnets=(Subnet(4, number("172.17.0.0"), 16, number("172.17.0.1")),),
    options=(
        ("com.docker.network.bridge.default_bridge", "true"),
        ("com.docker.network.bridge.enable_icc", "true"),
        ("com.docker.network.bridge.enable_ip_masquerade", "true"),
        ("com.docker.network.bridge.name", "docker0"),
    ),
    bridge="docker0",
    evidence="e8",
)


def network(rules: str = RULES, files: tuple[ConfigFile, ...] = (), **changed: str) -> Network:
    """Return the host with other rules, configuration files and sysctls."""
    host = Host(
        "lab-host",
        kernel="6.1.0",
        namespaces=(host_namespace(rules, sysctls(**changed)), CONTAINER),
        engines=(Engine("docker", "20.10.24", containers=(WEB,), networks=(BRIDGE,)),),
        files=files,
    )
    return Network(host)


def evidence(rules: str = RULES) -> Evidence:
    """Return readings with the ids that :func:`network` refers to."""
    texts = {
        "ip-addr": ("ip -j -d addr", "[]"),
        "sysctl": ("/proc/sys/net", "/proc/sys/net/ipv4/conf/eth0/forwarding:0\n/proc/sys/net/ipv4/ip_forward:1\n"),
        "ip-route4": ("ip -4 -j -d route show table all", "[]"),
        "iptables-nft-save4": ("iptables-save -c", rules),
        "sockets": ("ss -H -n -a -e -t -u -p -O", "tcp LISTEN 0 4096 0.0.0.0:8151 0.0.0.0:*\n"),
        "proc-net-tcp": ("/proc/net/tcp", "0: 00000000:0050\n"),
        "docker-containers": ("docker inspect", '{"Id":"0123456789abcdef","Name":"/web"}\n'),
        "docker-networks": ("docker network inspect", '{"Id":"b1","Name":"bridge"}\n'),
    }
    readings = tuple(
        Reading(f"e{number}", key, "host", origin, AT, 0, "text", text)
        for number, (key, (origin, text)) in enumerate(texts.items(), 1)
    )
    return Evidence(SCHEMA, "0.1.0", AT, "lab-host", "6.1.0", readings)


def without(network_: Network, namespace: str) -> Network:
    """Return the network without one of its namespaces."""
    kept = tuple(each for each in network_.host.namespaces if each.name != namespace)
    return msgspec.structs.replace(network_, host=msgspec.structs.replace(network_.host, namespaces=kept))

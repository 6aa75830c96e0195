"""Makers of hosts for the catalogue: the small Docker host with one thing added, moved or taken away.

They stand in the order of the packet's path: links and routes of the host, its rules, the container, the engine.
"""

from typing import Literal

from msgspec.structs import replace

from hairpin.change.simulation.simulate import simulate
from hairpin.engines.missing import missing_of
from hairpin.engines.repair.restoring import restoring_all
from hairpin.host.contact import Contact
from hairpin.host.docker import Container, DockerNetwork, Endpoint, Engine, PortBinding
from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.managers import Firewalld, FirewalldZone
from hairpin.host.route import FdbEntry, Neighbour, Route
from hairpin.host.socket import Relay, Socket
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter.ir import Ruleset, Table
from hairpin.network.flow import Flow, FromContainer, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.rule_text import PROXY_OFF_RULES, with_chain, with_policy, without
from tests.small_host import (
    DOCKER_RULES,
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    engine,
    host_namespace,
    lo,
    local,
    network,
    route,
    sibling,
)

DB = WEB + 1
WEB_MAC, DB_MAC = 0x0242AC110002, 0x0242AC110003
FROM_DB = FromContainer("db", sibling("container:db"))
PUBLISHED = PortBinding("tcp", 80, 8151, None, 4)
NO_CONTAINER = without("172.17.0.2")
"""Docker's rules while no container runs."""


def asked(start: Start, address: str, port: int, protocol: str = "tcp") -> Flow:
    """Return the flow to the address and port."""
    version, value = parse_address(address)
    return Flow(start, version, value, "udp" if protocol == "udp" else "tcp", port)


# The host's links, addresses, neighbours and sysctls


def with_host(whole: Network, **changed: object) -> Network:
    """Return the network with parts of its host replaced."""
    return whole.with_host(replace(whole.this, **changed))


def with_link(namespace: Namespace, name: str, **changed: object) -> Namespace:
    """Return the namespace with one link changed."""
    links = tuple(replace(each, **changed) if each.name == name else each for each in namespace.links)
    return replace(namespace, links=links)


def without_route(namespace: Namespace, destination: int) -> Namespace:
    """Return the namespace without its routes to that network."""
    return replace(namespace, routes=tuple(each for each in namespace.routes if each.destination != destination))


def without_addresses(namespace: Namespace, link: str) -> Namespace:
    """Return the namespace whose link has no address, nor what the kernel makes with one in the local table."""
    lost = {each.value for each in namespace.addresses if each.link == link}
    return replace(
        namespace,
        addresses=tuple(each for each in namespace.addresses if each.link != link),
        routes=tuple(each for each in namespace.routes if each.destination not in lost),
    )


def on_overlay() -> Engine:
    """Return dockerd with the container on an overlay alone: its address on docker_gwbridge is told by that network."""
    (endpoint,) = container().endpoints
    far = replace(endpoint, network="overlay", network_id="n2", ipv4=WEB + 256, gateway4=None)
    told = engine(replace(container(), endpoints=(far,)))
    gateway = replace(endpoint, network="docker_gwbridge")
    beside = replace(told.networks[0], name="docker_gwbridge", gateways=((container().id, gateway),))
    return replace(told, networks=(beside, DockerNetwork("n2", "overlay", "overlay", scope="swarm")))


def without_bridge(built: Network) -> Network:
    """Return the host whose docker0 somebody has deleted: addresses and routes went with it, its ports stay."""
    host = without_addresses(built.namespace(HOST_NETNS), "docker0")
    host = replace(
        host,
        links=tuple(
            replace(each, master=None, port=None) if each.master == "docker0" else each
            for each in host.links
            if each.name != "docker0"
        ),
        routes=tuple(each for each in host.routes if all(hop.link != "docker0" for hop in each.next_hops)),
    )
    return built.with_namespace(HOST_NETNS, host)


def led_to(link: str, destination: str = "172.17.0.0/24", *, carrier: bool = True) -> Network:
    """Return the host with a tunnel and a route by it."""
    host = host_namespace(values={f"conf__{link}__forwarding": "1"})
    tunnel = Link(90, link, "tun", carrier=carrier, flags=("POINTOPOINT",))
    return network(replace(host, links=(*host.links, tunnel), routes=(*host.routes, route(destination, link))))


def with_second_bridge(subnet: str) -> Network:
    """Return the host with an empty bridge for that subnet, as ``docker network create`` makes one."""
    host = host_namespace(values={"conf__br-2__forwarding": "1"})
    return network(
        replace(
            host,
            links=(*host.links, Link(9, "br-2", "bridge", bridge=BridgeInfo(), evidence="e5")),
            routes=(*host.routes, route(subnet, "br-2")),
        )
    )


def with_second_uplink(rp_filter: str) -> Network:
    """Return the host that replies to its clients by a second uplink.  ``rp_filter``: that of eth0."""
    host = host_namespace(values={"conf__eth0__rp_filter": rp_filter})
    uplink = Link(9, "eth1", evidence="e5")
    return network(
        replace(
            host,
            links=(*host.links, uplink),
            addresses=(*host.addresses, Address("eth1", 4, parse_address("203.0.113.2")[1], 24)),
            routes=(
                *host.routes,
                local("203.0.113.2/32", "eth1"),
                route("203.0.113.0/24", "eth1"),
                route("192.0.2.0/24", "eth1", via="203.0.113.1"),
            ),
        )
    )


# The host's rules


def ruled(rules: str) -> Network:
    """Return the host with these rules."""
    return network(host_namespace(rules))


def with_tables(*tables: Table) -> Network:
    """Return the host with further tables beside Docker's."""
    host = host_namespace()
    return network(replace(host, ruleset=Ruleset((*host.ruleset.tables, *tables))))


def zoned(*names: str, dockers: Literal["active", "file", "none"] = "active") -> Network:
    """Return the host with firewalld: zones of these names hold docker0, and its rules stop packets from docker0.

    ``dockers``: where dockerd's zone stands; firewalld lists only zones in use as active."""
    rules = with_chain("FORWARD_IN_ZONES", "-i docker0 -j REJECT")
    zones = tuple(
        FirewalldZone(name, interfaces=("docker0",) if name in names else ())
        for name in (*(("docker",) if dockers == "active" else ()), "public")
    )
    kept = (FirewalldZone("docker", target="ACCEPT"),) if dockers == "file" else ()
    return with_host(ruled(rules), firewalld=Firewalld(running=True, runtime=zones, permanent=kept))


# A second container


def with_db(host: Namespace | None = None, *, docker: Engine | None = None) -> Network:
    """Return the host with a second container, ``db``, on the same bridge."""
    host = host or host_namespace()
    wire = Link(7, "veth2", "veth", master="docker0", peer_index=6, peer_netnsid=1, port=BridgePort(), evidence="e5")
    ids = ((0, "container:web"), (1, "container:db"))
    host = replace(host, links=(*host.links, wire), netnsids=ids)
    web = with_link(container_namespace(), "eth0", mac=WEB_MAC)
    db = Namespace(
        "container:db",
        (lo(), Link(6, "eth0", "veth", peer_index=7, peer_netnsid=0, mac=DB_MAC)),
        (Address("eth0", 4, DB, 16),),
        (local("172.17.0.3/32", "eth0"), route("172.17.0.0/16", "eth0"), route("default", "eth0", via="172.17.0.1")),
        sysctls=web.sysctls,
    )
    return with_host(network(host, web, docker=docker), namespaces=(host, web, db))


def with_neighbour(mac: int, state: str = "PERMANENT") -> Network:
    """Return the host with two containers and a neighbour entry for ``web``."""
    entry = Neighbour("docker0", 4, WEB, mac, state, evidence="e8")
    return with_db(replace(host_namespace(), neighbours=(entry,)))


def claimed(state: str, port: str = "veth9", mac: int = 0x0200_0000_0099) -> Network:
    """Return the host whose bridge learned a foreign hardware address at the port, which the host's neighbour entry for
    ``web`` has.  The other end of veth9 was not read."""
    whole = with_neighbour(mac, state)
    host = whole.namespace(HOST_NETNS)
    ghost = Link(90, "veth9", "veth", master="docker0", peer_index=91, peer_netnsid=7, port=BridgePort())
    entry = FdbEntry("docker0", port, mac, evidence="e9")
    host = replace(host, links=(*host.links, ghost), fdb=(entry,))
    return whole.with_namespace(HOST_NETNS, host)


def on_two_networks(rp_filter: str) -> Network:
    """Return the host whose container gets the request by eth0 and replies by eth1, on a second bridge."""
    host = host_namespace(
        without("-A POSTROUTING -s 172.17.0.0/16").replace(
            "-A FORWARD -i docker0 ! -o docker0", "-A FORWARD -i br-2 -j ACCEPT\n-A FORWARD -i docker0 ! -o docker0"
        ),
        values={"conf__br-2__forwarding": "1"},
    )
    wire = Link(8, "veth3", "veth", master="br-2", peer_index=10, peer_netnsid=0, port=BridgePort())
    host = replace(
        host,
        links=(*host.links, Link(9, "br-2", "bridge", bridge=BridgeInfo()), wire),
        addresses=(*host.addresses, Address("br-2", 4, parse_address("172.18.0.1")[1], 16)),
        routes=(*host.routes, local("172.18.0.1/32", "br-2"), route("172.18.0.0/16", "br-2")),
    )
    inner = container_namespace(default=False)
    inner = replace(
        inner,
        links=(*inner.links, Link(10, "eth1", "veth", peer_index=8, peer_netnsid=0)),
        addresses=(*inner.addresses, Address("eth1", 4, parse_address("172.18.0.2")[1], 16)),
        routes=(
            *inner.routes, local("172.18.0.2/32", "eth1"), route("172.18.0.0/16", "eth1"),
            route("default", "eth1", via="172.18.0.1"),
        ),
        sysctls=Sysctls({("net", "ipv4", "conf", "eth0", "rp_filter"): rp_filter}, "e2"),
    )  # fmt: skip
    return network(host, inner)


# The engine's configuration


def told(**options: object) -> Engine:
    """Return dockerd with other options."""
    return replace(engine(container()), **options)


def proxy_off(
    rules: str = PROXY_OFF_RULES, *, route_localnet: str = "1", bridged: str = "1", hairpin: bool = True
) -> Network:
    """Return the host, with two containers, whose engine runs with ``userland-proxy`` off.

    ``bridged``: ``net.bridge.bridge-nf-call-iptables``.
    """
    host = host_namespace(rules, values={"conf__docker0__route_localnet": route_localnet}, sockets=())
    host = with_link(host, "veth1", port=BridgePort(hairpin=hairpin))
    values = host.sysctls.with_value(("net", "bridge", "bridge-nf-call-iptables"), bridged)
    host = replace(host, sysctls=values)
    return with_db(host, docker=engine(container(), userland_proxy=False))


def proxy_off_with(binding: PortBinding) -> Network:
    """Return the host without ``userland-proxy`` and without rules for its container, which asks for this binding."""
    asking = engine(container(binding=binding), userland_proxy=False)
    return with_db(host_namespace(without("172.17.0.2", rules=PROXY_OFF_RULES), sockets=()), docker=asking)


def bound(binding: PortBinding, address: int, rules: str = DOCKER_RULES) -> Network:
    """Return the host with its port published on one address alone; ``rules``: as if it were on every address."""
    text = ".".join(str(each) for each in address.to_bytes(4))
    rules = rules.replace("-A DOCKER ! -i docker0 -p tcp", f"-A DOCKER -d {text}/32 ! -i docker0 -p tcp")
    proxy = Socket("tcp", 4, address, 8151, process="docker-proxy", relay=Relay(4, WEB, 80))
    host = host_namespace(rules, sockets=(proxy,))
    if address != 0x7F000001:
        host = replace(
            host,
            addresses=(*host.addresses, Address("eth0", 4, address, 24, secondary=True)),
            routes=(*host.routes, local(f"{text}/32", "eth0")),
        )
    return network(host, docker=engine(container(binding=binding)))


def published_as(binding: PortBinding) -> Network:
    """Return the host whose container publishes this binding by docker-proxy, and serves its container port."""
    proxy = Socket(
        binding.protocol if binding.protocol == "udp" else "tcp", 4, None, binding.host_port,
        process="docker-proxy", relay=Relay(4, WEB, binding.container_port),
    )  # fmt: skip
    inner = container_namespace(
        (Socket("udp" if binding.protocol == "udp" else "tcp", 4, None, binding.container_port),)
    )
    return network(host_namespace(sockets=(proxy,)), inner, docker=engine(container(binding=binding)))


def relayed_udp(version: str) -> Network:
    """Return a host whose port 5353/udp docker-proxy of this version relays to a container's port 53."""
    whole = published_as(PortBinding("udp", 53, 5353, None, 4))
    (described,) = whole.this.engines
    return with_host(whole, engines=(replace(described, version=version),))


def ignored(mode: str) -> Container:
    """Return the container on a network from which Docker publishes nothing."""
    asked_for = replace(PUBLISHED, actual=False)
    return replace(container(binding=asked_for), network_mode=mode, endpoints=(Endpoint(mode, "n2"),))


def with_internal(one: Container) -> Engine:
    """Return dockerd with a second network, an internal one."""
    described = engine(one)
    internal = DockerNetwork("n2", "priv", "bridge", internal=True, bridge="br-priv")
    return replace(described, networks=(*described.networks, internal))


BARE_RULES = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"


def on_hidden(
    version: str = "20.10.24", *, internal: bool = True, borders: bool = True, default: bool = True, backend: str = ""
) -> Network:
    """Return the host with what dockerd of this version makes for network ``hid``, which its container is on.

    ``borders``: the rules that close an internal network are there.  ``default``: the container has a default route.
    ``backend``: of the firewall; with that of nftables dockerd leaves FORWARD's policy alone."""
    one = container()
    endpoint = replace(one.endpoints[0], network="hid")
    bindings = () if internal else (PUBLISHED,)
    described = engine(replace(one, endpoints=(endpoint,), bindings=bindings))
    hidden = replace(described.networks[0], name="hid", internal=internal)
    described = replace(
        described, version=version, networks=(hidden,), allow_direct_routing=True, firewall_backend=backend or None
    )
    bare = BARE_RULES.replace("FORWARD DROP", "FORWARD ACCEPT") if backend else BARE_RULES
    whole = network(host_namespace(bare, sockets=()), container_namespace(default=default), docker=described)
    lost = missing_of(whole.this, described)
    if not borders:
        lost = replace(lost, rules=tuple(each for each in lost.rules if each.purpose != "internal"))
    return simulate(restoring_all(lost, HOST_NETNS, whole.this.namespace("host")), whole)


def switched(policy: Literal["ACCEPT", "DROP"], *, left: bool = True) -> Network:
    """Return the host of a dockerd 29 with its nftables back end, and with FORWARD's policy.  ``left``: DOCKER-USER is
    there, as the iptables back end has left it."""
    bare = with_policy("FORWARD", policy, BARE_RULES)
    rules = with_chain("DOCKER-USER", "-j RETURN", rules=bare) if left else bare
    described = told(version="29.1.0", firewall_backend="nftables")
    whole = network(host_namespace(rules), docker=described)
    lost = missing_of(whole.this, described)
    return simulate(restoring_all(lost, HOST_NETNS, whole.this.namespace("host")), whole)


def without_default_network(**options: object) -> Network:
    """Return the host of a daemon with ``bridge=none``: no docker0, and its container has loopback alone.

    ``options``: other ones of the engine."""
    host, inner = (
        host_namespace(BARE_RULES.replace("FORWARD DROP", "FORWARD ACCEPT"), sockets=()),
        container_namespace(),
    )
    host = replace(
        host,
        links=host.links[:2],
        addresses=tuple(each for each in host.addresses if each.link != "docker0"),
        routes=tuple(each for each in host.routes if all(hop.link != "docker0" for hop in each.next_hops)),
    )
    alone = replace(
        inner, links=inner.links[:1], addresses=inner.addresses[:1],
        routes=tuple(each for each in inner.routes if all(hop.link == "lo" for hop in each.next_hops)),
    )  # fmt: skip
    asked_for = replace(PUBLISHED, actual=False)
    one = replace(container(binding=asked_for), endpoints=(Endpoint("bridge", "n1"),))
    described = replace(engine(one), networks=(), bridge_name="none")
    return network(host, alone, docker=replace(described, **options))


# The container's state


def stopped(status: str) -> Network:
    """Return the host whose container has ended."""
    return network(host_namespace(NO_CONTAINER, sockets=()), docker=engine(container(status)))


def ended_on_loopback() -> Network:
    """Return the host whose container, published on ::1 alone, has ended, and its namespace with it."""
    alone = host_namespace(NO_CONTAINER, sockets=())
    bindings = (PortBinding("tcp", 80, 8151, 1, 6, actual=False),)
    one = replace(container("exited"), netns=None, bindings=bindings)
    return with_host(network(alone, docker=engine(one)), namespaces=(alone,))


def unpublished(one: Container, **changed: object) -> Network:
    """Return the host without DNAT rules and docker-proxy, with this container."""
    return network(host_namespace(NO_CONTAINER, sockets=()), docker=engine(replace(one, **changed)))


def comes_and_goes() -> Container:
    """Return a container that ran when the engine was read, and had ended when its namespace was to be read."""
    return replace(container(), netns=None, restart_policy="always")


def serving(*sockets: Socket) -> Network:
    """Return the host whose container has these sockets."""
    return network(inner=container_namespace(sockets))


def beside(in_web: tuple[Socket, ...], in_db: tuple[Socket, ...]) -> Network:
    """Return the host with two containers on one network, which have these sockets."""
    db = replace(
        container(), id="d" * 64, name="db", bindings=(), netns="container:db",
        endpoints=(Endpoint("bridge", "n1", DB, 16),),
    )  # fmt: skip
    whole = with_db(docker=engine(container(), db))
    sockets = {"container:web": in_web, "container:db": in_db}
    return with_host(
        whole,
        namespaces=tuple(replace(each, sockets=sockets.get(each.name, each.sockets)) for each in whole.this.namespaces),
    )


def down(whole: Network, *, state: Literal["answers", "stopped"] = "stopped") -> Network:
    """Return the network whose dockerd has ended."""
    return with_host(whole, contacts=(Contact("docker", "", state),))


def outlived() -> Network:
    """Return the host whose rules and docker-proxy lead to a container of which the engine knows nothing any more."""
    host = host_namespace()
    alone = replace(host, links=tuple(link for link in host.links if link.name != "veth1"))
    return with_host(network(docker=engine()), namespaces=(alone,))


def readdressed(rules: str) -> Network:
    """Return the host whose container has had another address since it was started again."""
    inner = without_addresses(container_namespace(), "eth0")
    moved = replace(
        inner,
        addresses=(*inner.addresses, Address("eth0", 4, WEB + 7, 16)),
        routes=(*inner.routes, local("172.17.0.9/32", "eth0")),
    )
    endpoint = replace(container().endpoints[0], ipv4=WEB + 7)
    return network(host_namespace(rules), moved, docker=engine(replace(container(), endpoints=(endpoint,))))


def blackhole(destination: str) -> Route:
    """Return a blackhole route to that network."""
    return replace(route(destination, "lo"), type="blackhole", next_hops=())

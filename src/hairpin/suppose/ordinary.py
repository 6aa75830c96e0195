"""Completes a host of which a text tells a part: what is not told is as on an ordinary host of that engine.

The told parts stay as they are.  The engine itself makes the others: its networks' bridges, its containers' namespaces
and its rules are made by the same simulation that starts containers and restores rules.
"""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.change.change import AddChain, AddSocket, Change, InsertRule
from hairpin.change.simulation.addresses import with_address
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.missing import missing_of
from hairpin.engines.repair.bridging import new_bridge
from hairpin.engines.repair.restoring import restoring_all
from hairpin.engines.repair.starting import NEW_PORT, starting_change
from hairpin.errors import ChangeError
from hairpin.evidence.reading import HOST, Evidence
from hairpin.evidence.told import UNNAMED, ToldParts, ToldTable
from hairpin.host.contact import Contact
from hairpin.host.docker import Container, DockerNetwork, Engine, PortBinding, Subnet
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, NextHop, PolicyRule, Route
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path, Sysctls
from hairpin.netfilter.iptables.save import BASE_CHAINS
from hairpin.netfilter.ir import Chain, Ruleset, Table
from hairpin.netfilter.rule_address import IpFamily
from hairpin.network.names import EMBEDDED, has_embedded
from hairpin.network.network import Network
from hairpin.network.prefix import is_loopback, parse_address
from hairpin.question.asked import Target
from hairpin.suppose.asked import targets_of, with_asked_container
from hairpin.suppose.told import told_by

_replace = msgspec.structs.replace
_OLD, _NEW = "24.0.7", "28.5.1"
"""The version of dockerd that is supposed: by its chains, one before or one after the change of Docker 28."""
_UPLINK = "eth0"
_LOOPBACK = 0x7F00_0001
_HOST_ADDRESS = parse_address("198.51.100.10")[1]
_LENGTH = 24
_DEFAULT_POOLS = tuple(0xAC11_0000 + (number << 16) for number in range(15))  # 172.17.0.0/16 to 172.31.0.0/16
_POOL_LENGTH = 16
_MAPPED_DEFAULT = 0xC0A8_0000  # 192.168.0.0/16, which dockerd takes behind these pools
_NO_PORT = PortBinding("tcp", 0, 0)


def ordinary_host(host: Host, evidence: Evidence, asked: tuple[Target, ...] = ()) -> Host:
    """Return the host with all parts that an ordinary host has, and with ``Host.told``.

    ``evidence``: the readings from which the host was made.  ``asked``: the targets of the question.  If no output
    lists the containers, the host has one that publishes what is asked."""
    told = told_by(evidence, host)
    host = _replace(host, name=host.name or UNNAMED, told=told, unread=())
    lists_containers = any(each.key in _LISTING for each in evidence.readings)
    meant = (*asked, *targets_of(told))
    host = _with_engine(host if lists_containers else with_asked_container(host, asked or meant))
    own = next((each for each in host.namespaces if each.name == HOST), Namespace(HOST))
    host = _with_namespace(host, _with_base(own, told, host, _asked_address(host, meant)))
    for engine in host.engines:
        host = _with_networks(host, engine)
    host = _with_containers(host, told)
    host = _with_rules(host, told)
    return _with_switches(host)


def _asked_address(host: Host, asked: tuple[Target, ...]) -> int:
    """Return the address that the uplink has if no text tells it: the one that clients ask, or one of the
    documentation's."""
    subnets = [each for engine in host.engines for joined in engine.networks for each in joined.subnets]
    found = (each.address for each in asked if each.version == 4 and each.address is not None)
    outer = (
        each for each in found if not is_loopback(each, 4) and not any(subnet.holds(each, 4) for subnet in subnets)
    )
    return next(outer, _HOST_ADDRESS)


_LISTING = ("docker-containers", "podman-containers")


def _with_namespace(host: Host, changed: Namespace) -> Host:
    others = tuple(each for each in host.namespaces if each.name != changed.name)
    return _replace(host, namespaces=(changed, *others) if changed.name == HOST else (*others, changed))


# --- the engine ------------------------------------------------------------------------------------------------------


def _with_engine(host: Host) -> Host:
    """Return the host whose engines run and have a version and their default network.  A host of which no engine is
    told has Docker: it is a container's trouble that people ask about."""
    engines = tuple(_ordinary(each, host) for each in host.engines) or (_ordinary(Engine("docker", ""), host),)
    contacts = tuple(Contact(each.kind, "", "answers") for each in engines)
    return _replace(host, engines=engines, contacts=contacts)


def _ordinary(engine: Engine, host: Host) -> Engine:
    version = engine.version or (_version(host) if engine.kind == "docker" else "4.9.3")
    networks = tuple(engine.networks)
    wanted = dict.fromkeys(
        (engine.default_network, *(name for each in engine.containers for name in _networks_of(engine, each)))
    )
    taken = {subnet.network for each in networks for subnet in each.subnets}
    for name in wanted:
        known = next((each for each in networks if each.name == name), None)
        if known is None or (known.driver in ("bridge", "") and not known.subnets):
            made = _network(engine, name, known, _free(host, taken, name == engine.default_network))
            taken |= {subnet.network for subnet in made.subnets}
            networks = (*(each for each in networks if each.name != name), made)
    return _replace(engine, version=version, running=True, networks=networks, stored=False)


def _networks_of(engine: Engine, container: Container) -> Iterator[str]:
    mode = container.network_mode.partition(":")[0]
    if mode in ("host", "none", "container", "slirp4netns", "pasta"):
        return
    yield from engine.network_names(container)


def _version(host: Host) -> str:
    """Return the version of dockerd that the chains of the told tables show."""
    own = next((each for each in host.namespaces if each.name == HOST), None)
    tables = own.ruleset.tables if own is not None else ()
    return _NEW if any(table.chain("DOCKER-FORWARD") is not None for table in tables) else _OLD


def _free(host: Host, taken: set[int], is_default: bool) -> int:
    """Return the first free block of dockerd's default pools; for the default network the block of docker0.  Addresses
    that a tool has mapped begin at the first block: there it means nothing."""
    own = next((each for each in host.namespaces if each.name == HOST), Namespace(HOST))
    if is_default:
        given = next((each for each in own.addresses if each.link == "docker0" and each.version == 4), None)
        if given is not None:
            return given.prefix.network
        return _DEFAULT_POOLS[0] if host.told is None or not host.told.mapped else _MAPPED_DEFAULT
    return next(each for each in _DEFAULT_POOLS[1:] if each not in taken)


def _network(engine: Engine, name: str, known: DockerNetwork | None, block: int) -> DockerNetwork:
    subnet = Subnet(4, block, _POOL_LENGTH, block + 1)
    is_default = name == engine.default_network
    made = known or DockerNetwork(f"{block:012x}", name, "bridge")
    bridge = made.bridge or (
        ("docker0" if engine.kind == "docker" else "podman0") if is_default else f"br-{made.id[:12]}"
    )
    return _replace(made, driver="bridge", subnets=(subnet,), bridge=bridge)


def _with_networks(host: Host, engine: Engine) -> Host:
    """Return the host with the bridges of the engine's networks, if no text lists its links."""
    assert host.told is not None
    if (HOST, "links") in host.told.parts:
        return host
    for joined in engine.networks:
        if joined.driver == "bridge":
            host = _after(host, Change(tuple(new_bridge(host, engine, joined))))
    return host


def _after(host: Host, change: Change) -> Host:
    try:
        return simulate(change, Network((host,))).hosts[0]
    except ChangeError:
        return host


# --- the host's own namespace ----------------------------------------------------------------------------------------


def _with_base(own: Namespace, told: ToldParts, host: Host, address: int) -> Namespace:
    own = _with_links(own, address) if (HOST, "links") not in told.parts else _with_kinds(own, host)
    local_of_addresses = not any(each.table == TABLE_LOCAL for each in own.routes)
    if (HOST, "routes4") not in told.parts or local_of_addresses:
        own = _with_routes(own, told)
    if (HOST, "rules4") not in told.parts:
        own = _replace(own, rules=(*(each for each in own.rules if each.version != 4), *_own_rules(4)))
    if (HOST, "rules6") not in told.parts:
        own = _replace(own, rules=(*(each for each in own.rules if each.version != 6), *_own_rules(6)))
    return _replace(own, kernel=host.kernel, unread=())


def _own_rules(version: Literal[4, 6]) -> tuple[PolicyRule, ...]:
    """Return the policy rules that the kernel has at its start."""
    tables = ((0, TABLE_LOCAL), (32766, TABLE_MAIN), *(((32767, TABLE_DEFAULT),) if version == 4 else ()))
    return tuple(PolicyRule(version, priority, table=table) for priority, table in tables)


def _with_links(own: Namespace, address: int) -> Namespace:
    """Return the namespace with a loopback link, and with an uplink that has an address.  Links that routes name are
    there, too."""
    default = next((hop for each in own.routes if not each.prefix_length for hop in each.next_hops if hop.link), None)
    uplink = default.link if default is not None and default.link else _UPLINK
    links = list(own.links)
    known = {each.name for each in links}
    named = dict.fromkeys(("lo", uplink, *(hop.link for each in own.routes for hop in each.next_hops if hop.link)))
    for name in named:
        if name not in known:
            links.append(_link(max((each.index for each in links), default=0) + 1, name))
    own = _replace(own, links=tuple(links))
    if not any(each.link == "lo" for each in own.addresses):
        own = _replace(own, addresses=(Address("lo", 4, 0x7F00_0001, 8, "host"), *own.addresses))
    for each in named:
        if each != "lo" and not any(one.link == each for one in own.addresses):
            own = _with_supposed_address(own, each, address if each == uplink else None)
    return own


_BRIDGE = re.compile(r"docker0|docker_gwbridge|(?:podman|cni|virbr|lxdbr|vmbr)\d+|br-[0-9a-f]{12}")


def _with_kinds(own: Namespace, host: Host) -> Namespace:
    """Return the namespace in which the links of a listing without details have their kinds: a link that is another's
    master, or has a bridge's usual name, is a bridge.  An engine names its veth links ``veth…``."""
    masters = {each.master for each in own.links} - {None}
    bridges = masters | {joined.bridge for engine in host.engines for joined in engine.networks}
    links: list[Link] = []
    for each in own.links:
        if each.kind == "" and (each.name in bridges or _BRIDGE.fullmatch(each.name)):
            each = _replace(each, kind="bridge", bridge=each.bridge or BridgeInfo())  # noqa: PLW2901
        elif each.kind == "" and each.name.startswith("veth"):
            port = (each.port or BridgePort()) if each.master is not None else None
            each = _replace(each, kind="veth", port=port)  # noqa: PLW2901
        links.append(each)
    return _replace(own, links=tuple(links))


def _link(index: int, name: str) -> Link:
    if name == "lo":
        return Link(index, name, "loopback", mtu_bytes=65536, flags=("LOOPBACK", "UP"))
    if _BRIDGE.fullmatch(name):
        return Link(index, name, "bridge", bridge=BridgeInfo(), flags=("BROADCAST", "MULTICAST", "UP"))
    return Link(index, name, flags=("BROADCAST", "MULTICAST", "UP"))


def _with_supposed_address(own: Namespace, link: str, address: int | None) -> Namespace:
    """Return the namespace in which the link has the address that a route by it names as its source; the uplink of a
    host whose address no text tells has the given ``address``."""
    of_link = [each for each in own.routes if any(hop.link == link for hop in each.next_hops) and each.version == 4]
    source = next((each.prefsrc for each in of_link if each.prefsrc is not None), None)
    connected = next(
        (each for each in of_link if each.prefix_length and all(hop.gateway is None for hop in each.next_hops)), None
    )
    if source is not None:
        length = connected.prefix_length if connected is not None else _LENGTH
        return _replace(own, addresses=(*own.addresses, Address(link, 4, source, length)))
    if connected is not None:
        gateways = {hop.gateway for each in of_link for hop in each.next_hops}
        free = next(each for each in range(1, 4) if connected.destination + each not in gateways)
        unused = Address(link, 4, connected.destination + free, connected.prefix_length)
        return _replace(own, addresses=(*own.addresses, unused))
    if address is None:
        return own
    return _replace(own, addresses=(*own.addresses, Address(link, 4, address, _LENGTH)))


def _with_routes(own: Namespace, told: ToldParts) -> Namespace:
    """Return the namespace with the routes that the kernel makes for its addresses, and with a default route if no text
    lists the routes."""
    listed = own.routes
    grown = _replace(own, addresses=(), routes=())
    for each in own.addresses:
        grown = with_address(grown, each)
    made = tuple(
        each for each in grown.routes if each.table == TABLE_LOCAL or (HOST, f"routes{each.version}") not in told.parts
    )
    known = {(each.version, each.destination, each.prefix_length, each.table) for each in listed}
    routes = (
        *listed,
        *(each for each in made if (each.version, each.destination, each.prefix_length, each.table) not in known),
    )
    if (HOST, "routes4") not in told.parts and not any(not each.prefix_length and each.version == 4 for each in routes):
        routes = (*routes, *_default_route(own))
    return _replace(own, addresses=grown.addresses, routes=routes)


def _default_route(own: Namespace) -> Iterator[Route]:
    uplinks = (each for each in own.links if each.kind == "" and each.up and each.name != "lo")
    for link in uplinks:
        given = next(
            (each for each in own.addresses if each.link == link.name and each.version == 4 and each.scope == "global"),
            None,
        )
        if given is not None:
            first = given.prefix.network + 1
            gateway = first if first != given.value else first + 1
            yield Route(4, 0, 0, next_hops=(NextHop(link.name, gateway, 4),))
            return


def _with_switches(host: Host) -> Host:
    """Return the host with the sysctls that decide about packets.  dockerd switches forwarding on; all others have the
    kernel's own values."""
    own = host.namespace(HOST)
    values: dict[Path, str] = dict(own.sysctls.values)
    master = values.get(("net", "ipv4", "ip_forward")) or values.get(("net", "ipv4", "conf", "all", "forwarding"))
    switch = master if master is not None else "1"
    values.setdefault(("net", "ipv4", "ip_forward"), switch)
    values.setdefault(("net", "ipv4", "conf", "all", "forwarding"), switch)
    for name in ("default", *(each.name for each in own.links)):
        values.setdefault(("net", "ipv4", "conf", name, "forwarding"), switch)
        for key, usual in _USUAL:
            values.setdefault(("net", "ipv4", "conf", name, key), usual)
    for key, usual in _USUAL:
        values.setdefault(("net", "ipv4", "conf", "all", key), usual)
    for path, usual in _OTHERS.items():
        values.setdefault(path, usual)
    return _with_namespace(host, _replace(own, sysctls=Sysctls(values, own.sysctls.evidence)))


_USUAL = (
    ("rp_filter", "0"), ("accept_local", "0"), ("route_localnet", "0"), ("src_valid_mark", "0"), ("arp_ignore", "0"),
    ("arp_announce", "0"), ("arp_filter", "0"), ("proxy_arp", "0"), ("log_martians", "0"), ("accept_redirects", "0"),
)  # fmt: skip
_OTHERS: dict[Path, str] = {
    ("net", "ipv4", "ip_default_ttl"): "64",
    ("net", "ipv4", "ip_local_port_range"): "32768\t60999",
    ("net", "ipv6", "conf", "all", "forwarding"): "0",
    ("net", "ipv6", "conf", "all", "disable_ipv6"): "0",
    ("net", "ipv6", "conf", "default", "disable_ipv6"): "0",
    ("net", "bridge", "bridge-nf-call-iptables"): "1",
    ("net", "bridge", "bridge-nf-call-ip6tables"): "1",
}


# --- containers ------------------------------------------------------------------------------------------------------


def _with_containers(host: Host, told: ToldParts) -> Host:
    """Return the host in which the containers that run have namespaces, unless a text tells of the inside.

    Containers in another's namespace come behind its owner."""
    running = [each for each in host.containers() if each.running]
    for each in sorted(running, key=lambda one: one.network_mode.startswith("container:")):
        host = _with_container(host, each, told)
    return host


def _with_container(host: Host, container: Container, told: ToldParts) -> Host:
    netns = f"container:{container.name}"
    if container.network_mode == "host":
        host = host.with_container(_replace(container, netns=HOST))
        return _with_service(host, HOST, container) if (HOST, "sockets") not in told.parts else host
    if netns in host and (netns, "links") in told.parts:
        host = _with_namespace(host, _replace(host.namespace(netns), unread=()))
        return host.with_container(_replace(container, netns=netns))
    inside = host.namespace(netns) if netns in host else None
    without = _replace(host, namespaces=tuple(each for each in host.namespaces if each.name != netns))
    stopped = _replace(container, status="exited", netns=None)
    binding = next((each for each in container.bindings), _NO_PORT)
    own = host.namespace(HOST)
    joined = host.engine_of(container).bridge_network(container)
    lacks_bridge = joined is not None and joined.bridge is not None and own.link(joined.bridge) is None
    begun = without.with_container(stopped)
    if joined is not None and lacks_bridge:
        # A container that runs was started while its bridge was there.
        begun = _after(begun, Change(tuple(new_bridge(host, host.engine_of(container), joined))))
    change = starting_change(begun, stopped, _NO_PORT if (HOST, "sockets") in told.parts else binding)
    if change is None:
        return host
    started = _after(begun, change)
    if netns not in started and not container.network_mode.startswith("container:"):
        return host
    now = next((each for each in started.containers() if each.id == container.id), container)
    # Only the namespaces are taken over: rules come with the rules of all containers.
    kept = own if lacks_bridge else _with_own_port(_replace(started.namespace(HOST), ruleset=own.ruleset))
    lists_ports = (HOST, "links") in told.parts and not _lacks_ports(own, joined)
    if lists_ports:
        kept = _replace(kept, links=own.links)
    started = _with_namespace(started, kept).with_container(
        _replace(now, bindings=container.bindings, status=container.status)
    )
    if lists_ports:
        started = _joined_to_told_port(started, now)
    place = netns if netns in started else now.netns or HOST
    if inside is not None and place != HOST:
        started = _with_namespace(started, _overlaid(started.namespace(place), inside, told))
    if (netns, "sockets") not in told.parts:
        started = _with_resolver(_with_service(started, now.netns or netns, container), now.netns or netns, now)
    return _with_proxies(started, container) if (HOST, "sockets") not in told.parts else started


def _with_own_port(own: Namespace) -> Namespace:
    """Return the namespace in which the port that the start of a container made has a name of its own.

    A simulated start calls each new port alike, and a second one would take the place of the first."""
    links = tuple(_replace(each, name=f"veth{each.index}") if each.name == NEW_PORT else each for each in own.links)
    return _replace(own, links=links)


def _lacks_ports(own: Namespace, joined: DockerNetwork | None) -> bool:
    """Return whether the listing of links has no port of the network's bridge although the bridge has carrier, which a
    bridge has by its ports alone: the listing was shortened."""
    bridge = own.link(joined.bridge) if joined is not None and joined.bridge is not None else None
    return bridge is not None and bridge.carrier and not any(each.master == bridge.name for each in own.links)


def _overlaid(supposed: Namespace, inside: Namespace, told: ToldParts) -> Namespace:
    """Return the supposed namespace with the fields that a text tells."""
    fields = {field for netns, field in told.parts if netns == inside.name and field in Namespace.__struct_fields__}
    return _replace(supposed, **{field: getattr(inside, field) for field in fields})


def _joined_to_told_port(host: Host, container: Container) -> Host:
    """Return the host in which the container's link is the other end of a told port of its bridge that no other
    container has.  Which port it is does not matter to a packet."""
    if container.netns is None or container.netns not in host:
        return host
    own, inner = host.namespace(HOST), host.namespace(container.netns)
    eth0 = next((each for each in inner.links if each.kind == "veth"), None)
    engine = host.engine_of(container)
    joined = engine.bridge_network(container)
    taken = {link.peer_index for each in host.namespaces if each.name not in (HOST, inner.name) for link in each.links}
    free = [each for each in own.links if each.name.startswith("veth") and each.index not in taken]
    bridge = joined.bridge if joined is not None else None
    ports = [each for each in free if each.master is not None and each.master == bridge]
    # A port that was taken from its bridge, or whose bridge is gone, is a link without a master.
    port = next(iter(ports or [each for each in free if bridge is not None and each.master is None]), None)
    if eth0 is None or port is None:
        return host
    index = port.peer_index if port.peer_index is not None else eth0.index
    paired = _replace(eth0, index=index, peer_index=port.index, peer_netnsid=0)
    links = tuple(paired if each is eth0 else each for each in inner.links)
    outer = _replace(
        port,
        kind="veth",
        peer_index=index,
        peer_netnsid=port.peer_netnsid if port.peer_netnsid not in (None, -1) else 0,
    )
    host = _with_namespace(host, _replace(inner, links=links))
    return _with_namespace(host, _replace(own, links=tuple(outer if each is port else each for each in own.links)))


def _with_service(host: Host, netns: str, container: Container) -> Host:
    """Return the host in which the container's service listens on all ports that the container publishes or exposes."""
    if netns not in host:
        return host
    namespace = host.namespace(netns)
    said = host.told.listeners if host.told is not None else ()
    if said and sum(each.running for each in host.containers()) == 1:
        own = tuple(
            Socket("tcp", 4 if each.address else 6, _LOOPBACK if each.address else None, each.port) for each in said
        )
        return _with_namespace(host, _replace(namespace, sockets=own))
    ports = dict.fromkeys((*((each.protocol, each.container_port) for each in container.bindings), *container.exposed))
    there = {(each.protocol, each.port) for each in namespace.sockets}
    sockets = tuple(
        Socket("udp" if protocol == "udp" else "tcp", 6, None, port)
        for protocol, port in ports
        if protocol in ("tcp", "udp") and (protocol, port) not in there
    )
    return _with_namespace(host, _replace(namespace, sockets=(*namespace.sockets, *sockets)))


def _with_resolver(host: Host, netns: str, container: Container) -> Host:
    """Return the host in which dockerd's resolver listens in the container, if its networks have one."""
    if netns not in host or not has_embedded(host, container):
        return host
    namespace = host.namespace(netns)
    sockets = tuple(Socket(each, 4, EMBEDDED, 53, process="dockerd") for each in ("udp", "tcp"))
    return _with_namespace(host, _replace(namespace, sockets=(*namespace.sockets, *sockets)))


def _with_proxies(host: Host, container: Container) -> Host:
    """Return the host with docker-proxy's sockets for all published ports of the container."""
    from hairpin.engines.repair.republishing import relays  # noqa: PLC0415

    for binding in container.bindings:
        if binding.actual and binding.host_port and binding.protocol != "sctp":
            now = next(each for each in host.containers() if each.id == container.id)
            parts = tuple(relays(host, now, binding))
            held = host.namespace(HOST).sockets
            fresh = tuple(each for each in parts if not isinstance(each, AddSocket) or each.socket not in held)
            host = _after(host, Change(fresh))
    return host


# --- rules -----------------------------------------------------------------------------------------------------------

_TABLES: tuple[tuple[IpFamily, str], ...] = (("ip", "filter"), ("ip", "nat"), ("ip6", "filter"), ("ip6", "nat"))


def _with_rules(host: Host, told: ToldParts) -> Host:
    """Return the host in which the tables that no text lists have the rules that the engine makes."""
    own = host.namespace(HOST)
    lacking: list[tuple[IpFamily, str]] = [
        (family, name) for family, name in _TABLES if ToldTable(family, name) not in told.tables
    ]
    dialects = {each.dialect for each in own.ruleset.tables if each.dialect.startswith("iptables")}
    dialect: Literal["iptables-nft", "iptables-legacy"] = (
        "iptables-legacy" if dialects == {"iptables-legacy"} else "iptables-nft"
    )
    made = tuple(_table(family, name, dialect) for family, name in lacking)
    host = _with_namespace(host, _replace(own, ruleset=Ruleset((*own.ruleset.tables, *made), own.ruleset.ipsets)))
    for engine in host.engines:
        if engine.kind != "docker":
            continue
        wanted = restoring_all(missing_of(host, engine), host.netns, host.namespace(HOST))
        parts = tuple(
            each
            for each in wanted.parts
            if not isinstance(each, InsertRule | AddChain) or (each.family, each.table) in lacking
        )
        host = _after(host, Change(parts))
    return host


def _table(family: IpFamily, name: str, dialect: Literal["iptables-nft", "iptables-legacy"]) -> Table:
    chains = (
        Chain(chain, (), hook, kind, priority, "accept") for chain, (hook, priority, kind) in BASE_CHAINS[name].items()
    )
    return Table(family, name, dialect, tuple(chains))

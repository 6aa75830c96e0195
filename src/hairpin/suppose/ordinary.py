"""Completes a host if a text shows only a part of the host.

All other parts are as on an ordinary host of the engine.  The told parts stay as they are. hairpin's simulation of the
engine, which also starts containers and restores rules, makes the other parts: the networks' bridges, the containers'
namespaces and the rules.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.change.change import AddChain, Change, InsertRule
from hairpin.engines.missing import missing_of
from hairpin.engines.repair.bridging import new_bridge
from hairpin.engines.repair.restoring import restoring_all
from hairpin.evidence.reading import HOST, Evidence
from hairpin.evidence.told import UNNAMED, ToldParts, ToldTable
from hairpin.host.contact import Contact
from hairpin.host.docker import STACKED, Container, DockerNetwork, Engine, Subnet
from hairpin.host.host import Host, Namespace
from hairpin.host.route import Route
from hairpin.netfilter.address import width
from hairpin.netfilter.iptables.save import BASE_CHAINS
from hairpin.netfilter.ir import Chain, FieldMatch, Jump, Ruleset, Table
from hairpin.netfilter.rule_address import IpFamily
from hairpin.network.prefix import is_loopback, network_of, parse_address
from hairpin.question.asked import Target
from hairpin.suppose.asked import sender_of, targets_of, with_asked_container, with_asking_container
from hairpin.suppose.asked_services import with_host_services
from hairpin.suppose.containers import with_containers
from hairpin.suppose.left_out import without_left_out
from hairpin.suppose.networks import with_seen_bridges, with_seen_networks
from hairpin.suppose.own_namespace import with_own_parts, with_switches
from hairpin.suppose.simulated import after, with_namespace
from hairpin.suppose.told import told_by
from hairpin.suppose.told_files import with_told_files

_replace = msgspec.structs.replace
_NETAVARK = "1.8.0"
"""The version of netavark whose rules a host of Podman has: the last whose rules are known in each detail."""
USUAL_VERSION, _NEW = "24.0.7", "28.5.1"
"""The supposed versions of dockerd, from before and from after Docker 28 changed its chains."""
_HOST_ADDRESS = parse_address("198.51.100.10")[1]
_PUBLIC_SERVERS = frozenset(
    parse_address(each)[1]
    for each in (
        "8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222", "114.114.114.114", "223.5.5.5",
        "223.6.6.6", "119.29.29.29", "180.76.76.76",
    )
)  # fmt: skip
"""Public name servers, which people ask to see whether the Internet is there.  No host of a text has such an
address."""
_DEFAULT_POOLS = tuple(0xAC11_0000 + (number << 16) for number in range(15))  # 172.17.0.0/16 to 172.31.0.0/16
_PODMAN_POOLS = (0x0A58_0000, *(0x0A59_0000 + (number << 16) for number in range(15)))  # 10.88.0.0/16 and its next
_FURTHER_POOLS = tuple(0x0A80_0000 + (number << 16) for number in range(128))
"""10.128.0.0/16 and its next.  An engine with more networks than its default pools hold has pools of its own."""
_POOL_LENGTH = 16
_LAN_LENGTH = 24
_OF_LAN = 251
"""The host's own place in a LAN of which the text shows the range."""
_MAPPED_DEFAULT = 0xC0A8_0000  # 192.168.0.0/16, which dockerd takes behind these pools


def ordinary_host(host: Host, evidence: Evidence, asked: tuple[Target, ...] = (), asking: str = "") -> Host:
    """Return the host with all parts that an ordinary host has, and with ``Host.told``.

    ``evidence``: the readings from which the host was made.  ``asked``: the targets of the question.  If no output
    lists the containers, the host has one container that publishes the asked ports.  ``asking``: the container that
    asks; if no output shows it, the host has it, too."""
    told = told_by(evidence, host)
    host, left_out = without_left_out(host)
    told = _replace(told, left_out=left_out)
    host = _replace(host, name=host.name or UNNAMED, told=told, unread=())
    host = with_seen_bridges(host, evidence)  # of the networks that a text lists
    lists_containers = any(each.key in _LISTING for each in evidence.readings)
    meant = (*asked, *targets_of(told))
    asking = asking or ("" if asked else sender_of(told))
    host = with_seen_networks(host, told) if lists_containers else with_asked_container(host, asked or meant, asking)
    host = with_told_files(with_asking_container(host, asked, asking), evidence)
    host = _with_engine(host)
    own = host.own or Namespace(HOST)
    host = with_namespace(host, with_own_parts(own, told, host, _asked_address(host, meant)))
    host = with_host_services(host, told, meant)
    host = with_seen_bridges(host, evidence)  # of the networks that are supposed, too
    for engine in host.engines:
        host = _with_networks(host, engine)
    host = with_containers(host, told)
    host = with_engine_rules(host, told)
    return with_switches(host)


def _asked_address(host: Host, asked: tuple[Target, ...]) -> int:
    """Return the supposed address of the uplink: the address that clients ask for, an address of the LAN on which a
    network's containers are, or else a documentation address."""
    subnets = [each for engine in host.engines for joined in engine.networks for each in joined.subnets]
    found = (each.address for each in asked if each.version == 4 and each.address is not None)
    outer = (
        each
        for each in found
        if not is_loopback(each, 4)
        and each not in _PUBLIC_SERVERS
        and not any(subnet.holds(each, 4) for subnet in subnets)
    )
    stacked = (each for engine in host.engines for each in engine.networks if each.driver in STACKED)
    lan = (each.network for joined in stacked for each in joined.subnets if each.version == 4)
    return next(outer, next((each + _OF_LAN for each in lan), _HOST_ADDRESS))


_LISTING = ("docker-containers", "podman-containers")


# --- the engine ------------------------------------------------------------------------------------------------------


def _with_engine(host: Host) -> Host:
    """Return the host whose engines run and have a version and their default network.  If no engine is told, the host
    has Docker, because people ask about containers."""
    engines = tuple(_ordinary(each, host) for each in host.engines) or (_ordinary(Engine("docker", ""), host),)
    contacts = tuple(Contact(each.kind, "", "answers") for each in engines)
    return _replace(host, engines=engines, contacts=contacts)


def _ordinary(engine: Engine, host: Host) -> Engine:
    version = engine.version or (_version(host) if engine.kind == "docker" else "4.9.3")
    networks = tuple(engine.networks)
    wanted = dict.fromkeys(
        (engine.traits.default_network, *(name for each in engine.containers for name in _networks_of(engine, each)))
    )
    taken = {subnet.network for each in networks for subnet in each.subnets}
    for name in wanted:
        known = next((each for each in networks if each.name == name), None)
        if known is not None and known.driver in STACKED and not known.subnets:
            networks = tuple(_with_chosen_subnet(engine, each) if each is known else each for each in networks)
        elif known is None or (known.driver in ("bridge", "") and not known.subnets):
            made = _network(
                engine, name, known, _subnet_of_ends(engine, name) or _free_subnet(host, taken, engine, name)
            )
            taken |= {subnet.network for subnet in made.subnets}
            networks = (*(each for each in networks if each.name != name), made)
    proxy = engine.userland_proxy
    if proxy is None and engine.kind == "docker" and _translates_loopback(host):
        proxy = False
    backend = engine.network_backend or (_backend_of(networks) if engine.kind == "podman" else None)
    return _replace(
        engine, version=version, running=True, networks=networks, stored=False, userland_proxy=proxy,
        network_backend=backend,
    )  # fmt: skip


def _backend_of(networks: tuple[DockerNetwork, ...]) -> str:
    """Return Podman's back end.  The default names of bridges show it: ``podman0`` is netavark's, ``cni-podman0`` is
    CNI's."""
    bridges = {(each.bridge or "").rstrip("0123456789") for each in networks}
    return "cni" if "cni-podman" in bridges else "netavark"


def _networks_of(engine: Engine, container: Container) -> Iterator[str]:
    mode = container.mode
    if mode in ("host", "none", "container", "slirp4netns", "pasta"):
        return
    yield from engine.network_names(container)


def _version(host: Host) -> str:
    """Return the version of dockerd that the chains of the told tables show."""
    own = host.own
    tables = own.ruleset.tables if own is not None else ()
    return _NEW if any(table.chain("DOCKER-FORWARD") is not None for table in tables) else USUAL_VERSION


def _translates_loopback(host: Host) -> bool:
    """Return whether the told rules also lead the host's own packets to 127.0.0.1 into DOCKER.  dockerd makes this rule
    if it starts no docker-proxy.  Source: moby libnetwork/drivers/bridge/setup_ip_tables_linux.go"""
    own = host.own
    table = own.ruleset.table("ip", "nat") if own is not None else None
    output = table.chain("OUTPUT") if table is not None else None
    return output is not None and any(
        Jump("DOCKER") in rule.body
        and not any(isinstance(each, FieldMatch) and each.field == "daddr4" for each in rule.body)
        for rule in output.rules
    )


def _free_subnet(host: Host, taken: set[int], engine: Engine, network: str) -> Subnet:
    """Return the first free subnet of the engine's default pools; for the default network the subnet of its bridge.  If
    a tool has replaced the addresses, its new addresses begin at the first block.  So the first block is then not
    free."""
    own = host.own or Namespace(HOST)
    pools = _DEFAULT_POOLS if engine.kind == "docker" else _PODMAN_POOLS
    if network != engine.traits.default_network:
        block = next(each for each in (*pools[1:], *_FURTHER_POOLS) if each not in taken)
        return Subnet(4, block, _POOL_LENGTH, block + 1)
    for bridge in engine.traits.default_bridges:
        given = next((each for each in own.addresses if each.link == bridge and each.version == 4), None)
        if given is not None:
            return Subnet(4, given.prefix.network, given.prefix_length, given.value)
        route = next((each for each in own.routes if _leads_to(each, bridge)), None)
        if route is not None:
            return Subnet(4, route.destination, route.prefix_length, route.prefsrc or route.destination + 1)
    mapped = engine.kind == "docker" and host.told is not None and host.told.mapped
    block = _MAPPED_DEFAULT if mapped else pools[0]
    return Subnet(4, block, _POOL_LENGTH, block + 1)


def _leads_to(route: Route, bridge: str) -> bool:
    """Return whether the kernel made the route to the network of a bridge's address, and not to the address itself."""
    is_of_network = 0 < route.prefix_length < width(4)
    return route.version == 4 and is_of_network and [hop.link for hop in route.next_hops] == [bridge]


def _subnet_of_ends(engine: Engine, name: str) -> Subnet | None:
    """Return the subnet in which the text shows a container's address on the network."""
    ends = (end for each in engine.containers for end in each.endpoints if end.network == name)
    told = next((each for each in ends if each.ipv4 is not None and each.ipv4_prefix_length), None)
    if told is None or told.ipv4 is None:
        return None
    block = network_of(told.ipv4, told.ipv4_prefix_length, 4)
    return Subnet(4, block, told.ipv4_prefix_length, told.gateway4 or block + 1)


def _network(engine: Engine, name: str, known: DockerNetwork | None, subnet: Subnet) -> DockerNetwork:
    is_default = name == engine.traits.default_network
    made = known or DockerNetwork(f"{subnet.network:012x}", name, "bridge")
    bridge = made.bridge or (engine.traits.default_bridges[0] if is_default else f"br-{made.id[:12]}")
    return _replace(made, driver="bridge", subnets=(subnet,), bridge=bridge)


def _with_chosen_subnet(engine: Engine, joined: DockerNetwork) -> DockerNetwork:
    """Return the network with the subnet of the address that somebody chose for one of its containers."""
    ends = (end for each in engine.containers for end in each.endpoints if end.network == joined.name)
    fixed = next((end.fixed4 for end in ends if end.fixed4 is not None), None)
    if fixed is None:
        return joined
    block = fixed & ~0xFF
    return _replace(joined, subnets=(Subnet(4, block, _LAN_LENGTH, block + 1),))


def _with_networks(host: Host, engine: Engine) -> Host:
    """Return the host with the bridges of the engine's networks, if no text lists its links."""
    assert host.told is not None
    if (HOST, "links") in host.told.parts:
        return host
    for joined in engine.networks:
        if joined.driver == "bridge":
            host = after(host, Change(tuple(new_bridge(host, engine, joined))))
    return host


# --- rules -----------------------------------------------------------------------------------------------------------

_TABLES: tuple[tuple[IpFamily, str], ...] = (("ip", "filter"), ("ip", "nat"), ("ip6", "filter"), ("ip6", "nat"))


def with_engine_rules(host: Host, told: ToldParts) -> Host:
    """Return the host in which the tables that are not told have the rules that the engine makes."""
    own = host.namespace(HOST)
    lacking: list[tuple[IpFamily, str]] = [
        (family, name) for family, name in _TABLES if ToldTable(family, name) not in told.tables
    ]
    dialects = {each.dialect for each in own.ruleset.tables if each.dialect.startswith("iptables")}
    dialect: Literal["iptables-nft", "iptables-legacy"] = (
        "iptables-legacy" if dialects == {"iptables-legacy"} else "iptables-nft"
    )
    made = tuple(_table(family, name, dialect) for family, name in lacking)
    host = with_namespace(host, _replace(own, ruleset=Ruleset((*own.ruleset.tables, *made), own.ruleset.ipsets)))
    for engine in host.engines:
        of_known = engine if engine.network_version else _replace(engine, network_version=_NETAVARK)
        wanted = restoring_all(missing_of(host, of_known), host.netns, host.namespace(HOST))
        parts = tuple(
            each
            for each in wanted.parts
            if not isinstance(each, InsertRule | AddChain) or (each.family, each.table) in lacking
        )
        host = after(host, Change(parts))
    return host


def _table(family: IpFamily, name: str, dialect: Literal["iptables-nft", "iptables-legacy"]) -> Table:
    chains = (
        Chain(chain, (), hook, kind, priority, "accept") for chain, (hook, priority, kind) in BASE_CHAINS[name].items()
    )
    return Table(family, name, dialect, tuple(chains))

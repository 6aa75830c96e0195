"""The rules that Podman's network back ends make with iptables: netavark for each network, CNI for each container.

Internal networks and networks without a container have no rules.
Source: netavark 1.4.0 src/firewall/varktables, src/network/core_utils.rs create_network_hash(); containernetworking
plugins 1.1.1 plugins/meta/portmap, plugins/meta/firewall, pkg/ip/ipmasq_linux.go, pkg/utils FormatChainName(); held
against both on Debian 12.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

import msgspec

from hairpin.change.calls import ReloadNetworks
from hairpin.engines.docker import words
from hairpin.engines.docker.chains import Chains, Draft, Place
from hairpin.engines.docker.options import dockerd_version
from hairpin.engines.expected import ExpectedRules, Purpose
from hairpin.engines.repair.bridging import renamed_bridge
from hairpin.host.docker import MASQUERADES, Container, DockerNetwork, Endpoint, Engine, PortBinding, Subnet
from hairpin.host.host import Host, Namespace
from hairpin.netfilter.ir import FieldMatch, Nat, Rule
from hairpin.netfilter.rule_address import IpFamily

MULTICAST: dict[IpFamily, str] = {"ip": "224.0.0.0/4", "ip6": "ff00::/8"}
FIRST_OTHER_NETAVARK = (1, 9, 0)
"""From this version on, netavark has chains for isolation and for its name server, and may use nftables."""
_LAST_KNOWN = "1.8.0"
_KNOWS_DRIVER = (5, 0, 0)
_PASSING = re.compile(r"NETAVARK-(DN-)?[0-9A-F]{13}|CNI-(DN-)?[0-9a-f]{21,24}")
"""Matches the name of a chain that belongs to a network (netavark) or to a container (CNI)."""
_PORTS_IN_A_RULE = 15
_MODE = "mode"
_MARK = "netavark"
"""In the name of each table or chain that netavark makes, through iptables, nftables or firewalld."""
_SOURCES = ("saddr4", "saddr6")
_TRUSTED, _DRIVERS_ZONE = "trusted", "netavark_zone"
_LOCAL = "-m addrtype --dst-type LOCAL -j"
_FAMILIES: tuple[IpFamily, ...] = ("ip", "ip6")


class Joined(msgspec.Struct, frozen=True):
    """A running container on a bridge network that is not internal, in one family."""

    container: Container
    network: DockerNetwork
    family: IpFamily
    address: int
    subnet: str
    bindings: tuple[PortBinding, ...]


def expected(engine: Engine, namespace: Namespace) -> ExpectedRules:
    """Return the rules that Podman's network back end should have in ``namespace``, which is the engine's namespace."""
    if makes_no_rules(engine):
        return ExpectedRules(backend="iptables")
    joined = joined_of(engine)
    unknown = _unknown(engine, namespace, joined)
    if unknown or _is_made_otherwise(engine, namespace):
        return ExpectedRules(backend="iptables", unknown=unknown)
    chains = Chains()
    for family in _FAMILIES:
        own = tuple(each for each in joined if each.family == family)
        if own and engine.network_backend == "cni":
            _cni(chains, family, own)
        elif own:
            _netavark(chains, family, own)
    return ExpectedRules(backend="iptables", chains=chains.chains(), rules=chains.rules())


def _unknown(engine: Engine, namespace: Namespace, joined: tuple[Joined, ...]) -> tuple[str, ...]:
    if engine.rootless:
        return ("a rootless podman keeps its rules in a namespace of its own",)
    if engine.network_backend not in ("netavark", "cni"):
        return ("podman did not say which network back end it uses",)
    lacking = _without_rules(namespace, joined) if _is_made_otherwise(engine, namespace) else ()
    if lacking:
        names = ", ".join(lacking)
        return (
            f"hairpin does not know which rules netavark {engine.network_version} makes, and found none for {names}",
        )
    return ()


def _is_made_otherwise(engine: Engine, namespace: Namespace) -> bool:
    """Return whether a netavark whose rules hairpin does not know has made rules in the namespace."""
    return engine.network_backend == "netavark" and not is_known(engine) and _has_traces(namespace)


def _without_rules(namespace: Namespace, joined: tuple[Joined, ...]) -> tuple[str, ...]:
    """Return the names of the containers for which netavark has no rules: none about the container's subnet, or none
    that leads the host's port to a published port of it.

    Whatever its version and driver, netavark makes the rules of a container at once, and a flush removes all of them.
    Measured with netavark 1.14.0 and 1.17.2, all drivers"""
    tables = ((table, chain) for table in namespace.ruleset.tables for chain in table.chains)
    own = [rule for table, chain in tables if _is_netavarks(table.name, chain.name) for rule in chain.rules]
    parts = [part for rule in own for part in rule.body]
    targets = [(part, rule) for rule in own for part in rule.body if isinstance(part, Nat) and part.addresses]
    sources = {
        span for part in parts if isinstance(part, FieldMatch) and part.field in _SOURCES for span in part.ranges
    }

    def leads(one: Joined, binding: PortBinding) -> bool:
        return any(
            part.addresses == (one.address, one.address)
            and (part.ports is None or part.ports[0] <= binding.container_port <= part.ports[1])
            and _takes(rule, binding.host_port)
            for part, rule in targets
        )

    lacking = (
        one.container.name
        for one in joined
        if span_of(one.subnet) not in sources or not all(leads(one, each) for each in one.bindings)
    )
    return tuple(dict.fromkeys(lacking))


def _takes(rule: Rule, port: int) -> bool:
    """Return whether the rule matches packets for the port."""
    matches = [each for each in rule.body if isinstance(each, FieldMatch) and each.field == "dport"]
    return all(any(first <= port <= last for first, last in each.ranges) != each.negated for each in matches)


def span_of(subnet: str) -> tuple[int, int]:
    """Return the first and the last address of the subnet."""
    block = ip_network(subnet)
    return int(block[0]), int(block[-1])


def reloading(host: Host, engine: Engine, unpaused: str | None) -> ReloadNetworks:
    """Return the call by which Podman makes rules, veths and bridges again.

    The call fails at a paused container, so paused containers are skipped.  ``unpaused`` names a container that is
    unpaused before the call.  Containers on a renamed bridge are skipped, too, because Podman would make a second
    bridge with the same addresses."""
    running = [each for each in engine.containers if each.running]
    frozen = {each.name for each in running if each.status == "paused"} - {unpaused}
    left = frozen | {each.name for each in running if is_on_renamed_bridge(host, engine, host.network_owner(each))}
    return ReloadNetworks(tuple(each.name for each in running if each.name not in left) if left else ())


def passes(engine: Engine, chain: str, left: Iterable[str]) -> bool:
    """Return whether the back end deletes the chain together with its network or container.

    netavark deletes the chains of a network that has lost its last container; ``left`` names such networks.  CNI
    deletes the chains of a container.  The chains of a network that still has a container stay, and so do rules that
    belong to no network.

    Source: netavark src/firewall/varktables/types.rs, TeardownPolicy"""
    if _PASSING.fullmatch(chain) is None:
        return False
    return engine.network_backend == "cni" or any(chain.endswith(_number(name)) for name in left)


def _number(network: str) -> str:
    return hashlib.sha512(network.encode()).hexdigest()[:13].upper()


def is_on_renamed_bridge(host: Host, engine: Engine, container: Container) -> bool:
    """Return whether a bridge of the container's networks was renamed."""
    networks = (engine.network(each.network) for each in container.endpoints)
    return any(each is not None and renamed_bridge(host, engine, each) is not None for each in networks)


def makes_no_rules(engine: Engine) -> bool:
    """Return whether containers.conf says ``firewall_driver = "none"``: netavark then neither makes rules for a
    container that starts, nor removes those that it made before.  Podman before 5.0 does not know the setting.
    Measured with Podman 5.4.2 and netavark 1.14.0; Podman 4.3.1 makes its rules all the same"""
    if engine.kind != "podman" or engine.network_backend != "netavark" or engine.firewall_backend != "none":
        return False
    return (dockerd_version(engine.version) or _KNOWS_DRIVER) >= _KNOWS_DRIVER


def is_unmanaged(network: DockerNetwork) -> bool:
    """Return whether a person keeps the network's bridge: netavark then gives each container a veth and an address, and
    makes no bridge, no rule and no setting of the kernel.

    Source: podman-network-create(1), ``mode``; measured with Podman 5.4.2 and netavark 1.14.0"""
    return network.driver == "bridge" and network.option(_MODE) == "unmanaged"


def as_managed(engine: Engine) -> Engine:
    """Return the engine whose networks are all managed."""
    networks = tuple(
        msgspec.structs.replace(each, options=tuple(pair for pair in each.options if pair[0] != _MODE))
        for each in engine.networks
    )
    return msgspec.structs.replace(engine, networks=networks)


def zone_of_networks(engine: Engine) -> str | None:
    """Return firewalld's zone of which netavark makes a network's subnets sources, at run time only, at each start of a
    container; None if it does so with none.  They leave the zone with the network's last container.

    Source: netavark src/firewall/firewalld.rs add_firewalld_if_possible(), rm_firewalld_if_possible(); measured with
    Podman 4.3.1 and 5.4.2"""
    if engine.rootless or engine.network_backend != "netavark" or makes_no_rules(engine):
        return None
    return _DRIVERS_ZONE if engine.firewall_backend == "firewalld" else _TRUSTED


def subnets_in_zone(networks: Iterable[DockerNetwork]) -> Iterator[Subnet]:
    """Yield the subnets that netavark makes sources of its zone: no internal network and none that a
    person manages has rules.  Source: netavark src/network/bridge.rs setup(), before 2.0"""
    for each in networks:
        if each.driver == "bridge" and not each.internal and not is_unmanaged(each):
            yield from each.subnets


def is_known(engine: Engine) -> bool:
    """Return whether the expected rules are exactly the rules that the network back end makes.

    A later version of netavark makes other rules with the same effect.  For a later version of netavark, rules are
    expected only while the host has no rule of netavark."""
    version = dockerd_version(engine.network_version)
    return engine.network_backend == "cni" or (version is not None and version < FIRST_OTHER_NETAVARK)


def in_known_form(engine: Engine, container: Container) -> Engine | None:
    """Return the engine with this container alone and an earlier netavark; None if the back end makes the known rules.

    A later netavark makes other rules with the same effect, so a container that starts has the earlier netavark's rules
    in a simulation, beside the later netavark's rules for other containers.  Measured with netavark 1.17.2, nftables"""
    if engine.rootless or engine.network_backend != "netavark" or is_known(engine):
        return None
    return msgspec.structs.replace(engine, containers=(container,), network_version=_LAST_KNOWN, firewall_backend=None)


def _has_traces(namespace: Namespace) -> bool:
    """Return whether netavark has made a table or a chain in the namespace, through iptables, nftables or firewalld."""
    return any(_is_netavarks(table.name, one.name) for table in namespace.ruleset.tables for one in table.chains)


def _is_netavarks(table: str, chain: str) -> bool:
    return any(_MARK in name.lower() for name in (table, chain))


def joined_of(engine: Engine) -> tuple[Joined, ...]:
    """Return each running container of the engine on each of its bridge networks for which the back end makes rules:
    those that are managed and not internal."""
    return tuple(each for container in engine.containers for each in _joined(container, engine))


def _joined(container: Container, engine: Engine) -> Iterator[Joined]:
    """Yield the networks of the running container.  If the container has several networks, no network gets a published
    port, because hairpin does not know which network publishes the container's ports."""
    if not container.running:
        return
    networks = {
        each.name: each
        for each in engine.networks
        if each.driver == "bridge" and not each.internal and not is_unmanaged(each)
    }
    endpoints = tuple(each for each in container.endpoints if each.network in networks)
    for endpoint in endpoints:
        for family in _FAMILIES:
            address = endpoint.ipv4 if family == "ip" else endpoint.ipv6
            subnet = _subnet(endpoint, family)
            if address is None or subnet is None:
                continue
            version = 4 if family == "ip" else 6
            bindings = tuple(each for each in container.bindings if each.version == version and each.actual)
            published = bindings if len(endpoints) == 1 else ()
            yield Joined(container, networks[endpoint.network], family, address, subnet, published)


def _subnet(endpoint: Endpoint, family: IpFamily) -> str | None:
    if family == "ip":
        block = (endpoint.ipv4 or 0, endpoint.ipv4_prefix_length)
        return str(IPv4Network(block, strict=False)) if endpoint.ipv4_prefix_length else None
    block = (endpoint.ipv6 or 0, endpoint.ipv6_prefix_length)
    return str(IPv6Network(block, strict=False)) if endpoint.ipv6_prefix_length else None


def _draft(one: Joined, text: str, purpose: Purpose, binding: PortBinding | None = None) -> Draft:
    """Return the draft of a rule.  If the rule serves all containers of the network, the draft names only the
    network."""
    return Draft(text, purpose, one.network.name, None if binding is None else one.container.name, binding)


# --- netavark ---------------------------------------------------------------------------------------------------------


def _netavark(chains: Chains, family: IpFamily, joined: tuple[Joined, ...]) -> None:
    forward = Place(family, "filter", "NETAVARK_FORWARD")
    chains.make(forward)
    chains.insert(
        Place(family, "filter", "FORWARD"),
        Draft(f"{_comment('netavark firewall plugin rules')} -j NETAVARK_FORWARD", "jump"),
    )
    _hostport(chains, family, "NETAVARK", f"{_comment('netavark portfw masq mark')} ")
    made: set[str] = set()
    for one in joined:
        number = _number(one.network.name)
        out = Place(family, "nat", f"NETAVARK-{number}")
        if out.chain not in made:
            made.add(out.chain)
            chains.make(out)
        chains.append(forward, _draft(one, f"-d {one.subnet} {words.ESTABLISHED} -j ACCEPT", "ct-state"))
        chains.append(forward, _draft(one, f"-s {one.subnet} -j ACCEPT", "outgoing"))
        chains.append(out, _draft(one, f"-d {one.subnet} -j ACCEPT", "return"))
        chains.append(out, _draft(one, f"! -d {MULTICAST[family]} -j MASQUERADE", "masquerade"))
        postrouting = Place(family, "nat", "POSTROUTING")
        chains.append(postrouting, _draft(one, f"-s {one.subnet} -j {out.chain}", "masquerade"))
        translated = Place(family, "nat", f"NETAVARK-DN-{number}")
        if one.bindings and translated.chain not in made:
            made.add(translated.chain)
            chains.make(translated)
        for binding in one.bindings:
            _translate(chains, one, binding, translated, "NETAVARK")
            owner = _comment(f"dnat name: {one.network.name} id: {one.container.id}")
            text = f"{words.protocol(binding)} --dport {binding.host_port} {owner} -j {translated.chain}"
            chains.append(Place(family, "nat", "NETAVARK-HOSTPORT-DNAT"), _draft(one, text, "dnat", binding))


def _comment(text: str) -> str:
    """Return the arguments that give a rule a comment.  The comment is needed, because netavark deletes a rule by all
    arguments of the rule."""
    return f'-m comment --comment "{text}"'


def _hostport(chains: Chains, family: IpFamily, prefix: str, comment: str = "") -> None:
    """Add the chains that all published ports share.  The shared chains masquerade packets that the host or a container
    of the network sends to a published port."""
    for name in ("DNAT", "MASQ", "SETMARK"):
        chains.make(Place(family, "nat", f"{prefix}-HOSTPORT-{name}"))
    for base in ("PREROUTING", "OUTPUT"):
        chains.append(Place(family, "nat", base), Draft(f"{_LOCAL} {prefix}-HOSTPORT-DNAT", "jump"))
    chains.insert(Place(family, "nat", "POSTROUTING"), Draft(f"-j {prefix}-HOSTPORT-MASQ", "jump"))
    marked = Draft(f"{comment}-m mark --mark 0x2000/0x2000 -j MASQUERADE", "hairpin-masquerade")
    chains.append(Place(family, "nat", f"{prefix}-HOSTPORT-MASQ"), marked)
    mark = Draft("-j MARK --set-xmark 0x2000/0x2000", "hairpin-masquerade")
    chains.append(Place(family, "nat", f"{prefix}-HOSTPORT-SETMARK"), mark)


def _translate(chains: Chains, one: Joined, binding: PortBinding, chain: Place, prefix: str) -> None:
    towards = f"-d {words.host(one.family, binding.host_ip)} " if binding.host_ip is not None else ""
    port = f"{words.protocol(binding)} --dport {binding.host_port}"
    sources = (one.subnet, "127.0.0.1/32") if one.family == "ip" else (one.subnet,)
    for source in sources:
        text = f"-s {source} {towards}{port} -j {prefix}-HOSTPORT-SETMARK"
        chains.append(chain, _draft(one, text, "hairpin-masquerade", binding))
    target = words.socket(one.family, one.address, binding.container_port)
    chains.append(chain, _draft(one, f"{towards}{port} -j DNAT --to-destination {target}", "dnat", binding))


# --- CNI --------------------------------------------------------------------------------------------------------------


def _cni(chains: Chains, family: IpFamily, joined: tuple[Joined, ...]) -> None:
    forward = Place(family, "filter", "CNI-FORWARD")
    if any(each.network.has_plugin("firewall") for each in joined):
        for name in ("CNI-FORWARD", "CNI-ADMIN"):
            chains.make(Place(family, "filter", name))
        chains.insert(Place(family, "filter", "FORWARD"), Draft("-j CNI-FORWARD", "jump"))
        chains.append(forward, Draft("-j CNI-ADMIN", "jump"))
    if any(each.bindings and each.network.has_plugin("portmap") for each in joined):
        _hostport(chains, family, "CNI")
    for one in joined:
        number = hashlib.sha512(f"{one.network.name}{one.container.id}".encode()).hexdigest()
        address = words.host(family, one.address)
        if one.network.has_plugin("firewall"):
            chains.append(forward, _draft(one, f"-d {address} {words.ESTABLISHED} -j ACCEPT", "ct-state"))
            chains.append(forward, _draft(one, f"-s {address} -j ACCEPT", "outgoing"))
        if one.network.option(MASQUERADES) != "false":
            out = Place(family, "nat", f"CNI-{number[:24]}")
            chains.make(out)
            chains.append(
                Place(family, "nat", "POSTROUTING"), _draft(one, f"-s {address} -j {out.chain}", "masquerade")
            )
            chains.append(out, _draft(one, f"-d {one.subnet} -j ACCEPT", "return"))
            chains.append(out, _draft(one, f"! -d {MULTICAST[family]} -j MASQUERADE", "masquerade"))
        if not one.bindings or not one.network.has_plugin("portmap"):
            continue
        translated = Place(family, "nat", f"CNI-DN-{number[:21]}")
        chains.make(translated)
        for binding in one.bindings:
            _translate(chains, one, binding, translated, "CNI")
        for text, binding in _port_lists(one.bindings):
            wanted = _draft(one, f"{text} -j {translated.chain}", "dnat", binding)
            chains.append(Place(family, "nat", "CNI-HOSTPORT-DNAT"), wanted)


def _port_lists(bindings: Iterable[PortBinding]) -> Iterator[tuple[str, PortBinding]]:
    """Yield multiport matches of at most 15 ports of one protocol, each with the first of its port bindings."""
    by_protocol: dict[str, list[PortBinding]] = {}
    for each in bindings:
        by_protocol.setdefault(each.protocol, []).append(each)
    for name, own in by_protocol.items():
        for start in range(0, len(own), _PORTS_IN_A_RULE):
            part = own[start : start + _PORTS_IN_A_RULE]
            ports = ",".join(str(each.host_port) for each in part)
            yield f"-p {name} -m multiport --dports {ports}", part[0]

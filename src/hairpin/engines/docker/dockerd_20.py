"""The rules of dockerd 18.9 to 27: jumps and per-bridge rules are in FORWARD, two stages isolate the bridges from each
other.

Source: moby v20.10.24 … v27.5.1, libnetwork drivers/bridge (setup_ip_tables, port_mapping), iptables (ProgramChain,
Forward), firewall_linux; held against 20.10.24 and 26.1.5.
"""

from hairpin.engines.docker import words
from hairpin.engines.docker.chains import Chains, Draft, Place
from hairpin.engines.docker.history import History, Port
from hairpin.engines.docker.options import Bridge, Daemon, Side, Version
from hairpin.engines.expected import Purpose
from hairpin.netfilter.rule_address import IpFamily

USER_CHAIN_FOR_IPV6: Version = (23, 0, 0)
GATEWAY_MODES: Version = (27, 0, 0)
NARROW_INTERNAL_IPV6: Version = (24, 0, 6)
"""From this version on, an internal network's IPv6 isolation rules do not match packets that stay on the bridge, such
as link-local and multicast packets."""

DOCKER, USER = "DOCKER", "DOCKER-USER"
STAGE_1, STAGE_2 = "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2"
RETURN = Draft("-j RETURN", "return")


def program(daemon: Daemon, history: History) -> Chains:
    """Return all chains that this dockerd programs."""
    chains = Chains()
    for family in daemon.families():
        _start(chains, daemon, family)
    for bridge in history.bridges:
        for family in daemon.families():
            side = bridge.side(family)
            if side is not None:
                _network(chains, daemon, bridge, side, family)
        for family in reversed(daemon.families()):
            if not bridge.internal:
                _isolate(chains, bridge, family)
        for family in _user_chain_families(daemon):
            _user_chain(chains, family)
    for port in history.ports:
        if port.family in daemon.families() and not port.proxied:
            _publish(chains, daemon, port)
    return chains


def _user_chain_families(daemon: Daemon) -> tuple[IpFamily, ...]:
    if daemon.version >= USER_CHAIN_FOR_IPV6:
        return daemon.families()
    return ("ip",) if daemon.ipv4 else ()


def _start(chains: Chains, daemon: Daemon, family: IpFamily) -> None:
    chains.make(Place(family, "nat", DOCKER))
    for chain in (DOCKER, STAGE_1, STAGE_2):
        chains.make(Place(family, "filter", chain))
    chains.append(Place(family, "filter", STAGE_1), RETURN)
    chains.append(Place(family, "filter", STAGE_2), RETURN)
    if family in _user_chain_families(daemon):
        chains.make(Place(family, "filter", USER))
        _user_chain(chains, family)


def _user_chain(chains: Chains, family: IpFamily) -> None:
    chains.append(Place(family, "filter", USER), RETURN)
    chains.put_first(Place(family, "filter", "FORWARD"), Draft(f"-j {USER}", "jump"))


def _network(chains: Chains, daemon: Daemon, bridge: Bridge, side: Side, family: IpFamily) -> None:
    if bridge.internal:
        narrow = family == "ip6" and daemon.version >= NARROW_INTERNAL_IPV6
        for text in internal_borders(bridge.device, side.prefix, narrow=narrow):
            chains.insert(Place(family, "filter", STAGE_1), Draft(text, "internal", bridge.name))
        _between_containers(chains, bridge, family)
    else:
        _translate(chains, daemon, bridge, side, family)
        _between_containers(chains, bridge, family)
        _forward(chains, daemon, bridge, family)
    chains.put_first(Place(family, "filter", "FORWARD"), Draft(f"-j {STAGE_1}", "jump"))


def internal_borders(device: str, prefix: str, *, narrow: bool) -> tuple[str, str]:
    """Return the two rules that drop packets from and to an internal network, in the order of their insertion."""
    if narrow:
        return (f"! -d {prefix} -i {device} ! -o {device} -j DROP", f"! -s {prefix} ! -i {device} -o {device} -j DROP")
    return f"! -d {prefix} -i {device} -j DROP", f"! -s {prefix} -o {device} -j DROP"


def _translate(chains: Chains, daemon: Daemon, bridge: Bridge, side: Side, family: IpFamily) -> None:
    device, name = bridge.device, bridge.name
    postrouting = Place(family, "nat", "POSTROUTING")
    target = f"SNAT --to-source {side.source}" if side.source else "MASQUERADE"
    routed = side.mode == "routed" and daemon.version >= GATEWAY_MODES
    if bridge.masquerade and not routed:
        chains.insert(postrouting, Draft(f"-s {side.prefix} ! -o {device} -j {target}", "masquerade", name))
        if not daemon.hairpin:
            chains.insert(Place(family, "nat", DOCKER), Draft(f"-i {device} -j RETURN", "return", name))
    if daemon.hairpin:
        local = f"-o {device} -m addrtype --src-type LOCAL -j {target}"
        chains.insert(postrouting, Draft(local, "local-masquerade", name))


def _between_containers(chains: Chains, bridge: Bridge, family: IpFamily) -> None:
    forward = Place(family, "filter", "FORWARD")
    pair = f"-i {bridge.device} -o {bridge.device}"
    if bridge.icc:
        chains.insert(forward, Draft(f"{pair} -j ACCEPT", "icc", bridge.name))
    else:
        chains.append(forward, Draft(f"{pair} -j DROP", "icc", bridge.name))


def _forward(chains: Chains, daemon: Daemon, bridge: Bridge, family: IpFamily) -> None:
    device, name = bridge.device, bridge.name
    forward = Place(family, "filter", "FORWARD")
    chains.insert(forward, Draft(f"-i {device} ! -o {device} -j ACCEPT", "outgoing", name))
    nat_jumps(chains, daemon, family)
    chains.insert(forward, Draft(f"-o {device} -j {DOCKER}", "jump", name))
    chains.insert(forward, Draft(f"-o {device} {words.ESTABLISHED} -j ACCEPT", "ct-state", name))


def nat_jumps(chains: Chains, daemon: Daemon, family: IpFamily) -> None:
    """Add the jumps that send packets to this host's addresses to the nat table's chain DOCKER.  If docker-proxy runs,
    it accepts packets to loopback addresses, so these packets do not jump to this chain."""
    local = "-m addrtype --dst-type LOCAL -j DOCKER"
    chains.append(Place(family, "nat", "PREROUTING"), Draft(local, "jump"))
    beyond = "" if daemon.hairpin else f"! -d {words.LOOPBACK[family]} "
    chains.append(Place(family, "nat", "OUTPUT"), Draft(f"{beyond}{local}", "jump"))


def _isolate(chains: Chains, bridge: Bridge, family: IpFamily) -> None:
    """Add the isolation rules of a bridge.  If this dockerd manages ip6tables, it adds isolation rules in IPv6 even for
    a bridge without IPv6."""
    device, name = bridge.device, bridge.name
    chains.insert(Place(family, "filter", STAGE_1), Draft(f"-i {device} ! -o {device} -j {STAGE_2}", "isolation", name))
    chains.insert(Place(family, "filter", STAGE_2), Draft(f"-o {device} -j DROP", "isolation", name))


def _publish(chains: Chains, daemon: Daemon, port: Port) -> None:
    family, binding = port.family, port.binding
    side = port.attachment.bridge.side(family)
    routed = side is not None and side.mode == "routed" and daemon.version >= GATEWAY_MODES
    if binding.actual and binding.host_port and not routed:
        chains.append(Place(family, "nat", DOCKER), dnat(daemon, port))
        chains.append(Place(family, "nat", "POSTROUTING"), to_itself(port))
    chains.append(Place(family, "filter", DOCKER), published_port_rule(port))
    if binding.protocol == "sctp":
        text = f"{words.protocol(binding)} --sport {binding.container_port} -j CHECKSUM --checksum-fill"
        chains.append(Place(family, "mangle", "POSTROUTING"), _draft(port, text, "checksum"))


def dnat(daemon: Daemon, port: Port, *, spared: str = "") -> Draft:
    """Return the rule that translates the published port.  ``spared`` is the match that excludes a source from the
    rule."""
    binding, device = port.binding, port.attachment.bridge.device
    towards = f"-d {words.host(port.family, binding.host_ip)} " if binding.host_ip is not None else ""
    beyond = "" if daemon.hairpin else f"! -i {device} "
    target = words.socket(port.family, port.address, binding.container_port)
    match = f"{spared}{towards}{beyond}{words.protocol(binding)} --dport {binding.host_port}"
    return _draft(port, f"{match} -j DNAT --to-destination {target}", "dnat")


def to_itself(port: Port) -> Draft:
    """Return the rule that masquerades a container which connects to its own published port."""
    address = words.host(port.family, port.address)
    service = f"{words.protocol(port.binding)} --dport {port.binding.container_port}"
    return _draft(port, f"-s {address} -d {address} {service} -j MASQUERADE", "hairpin-masquerade")


def published_port_rule(port: Port) -> Draft:
    """Return the rule that accepts packets from outside the bridge to the container's published port."""
    address, device = words.host(port.family, port.address), port.attachment.bridge.device
    service = f"{words.protocol(port.binding)} --dport {port.binding.container_port}"
    return _draft(port, f"-d {address} ! -i {device} -o {device} {service} -j ACCEPT", "accept")


def _draft(port: Port, text: str, purpose: Purpose) -> Draft:
    return Draft(text, purpose, port.attachment.bridge.name, port.attachment.container, port.binding)

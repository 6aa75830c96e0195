"""The rules of dockerd 28.0.1 and later with iptables: FORWARD only jumps to DOCKER-FORWARD, the engine's own rules
drop packets to unpublished ports, the raw table protects containers as well.

Source: moby v28.0.1 … v28.5.2, libnetwork drivers/bridge (internal/iptabler since 28.2), and docker-v29.7.2; held
against 28.5.2 and against the rule listings in moby's integration/network/bridge/iptablesdoc.
"""

from ipaddress import IPv4Address

from hairpin.engines.docker import words
from hairpin.engines.docker.chains import Chains, Draft, Place
from hairpin.engines.docker.dockerd_20 import dnat, internal_borders, nat_jumps, published_port_rule, to_itself
from hairpin.engines.docker.history import Attachment, History, Port
from hairpin.engines.docker.options import Bridge, Daemon, Side, Version
from hairpin.netfilter.rule_address import IpFamily

ROUTED_NETWORKS_TRANSLATED: Version = (28, 1, 0)
"""From this version on, containers on a routed network reach published ports of other containers in the same way as
containers on any other network."""
WHOLE_ADDRESS_GUARDED: Version = (28, 2, 0)
"""From this version on, rules in raw PREROUTING protect a container's whole address.  In older versions these rules
protect only the container's published ports."""
NO_RETURN_FOR_USERS: Version = (28, 2, 2)
NO_STAGES: Version = (29, 0, 0)
"""From this version on, the drop rule at the end of each bridge's rules isolates the bridge.  Only internal networks
have isolation rules."""

DOCKER, USER, FORWARD = "DOCKER", "DOCKER-USER", "DOCKER-FORWARD"
CT, BRIDGE, INTERNAL = "DOCKER-CT", "DOCKER-BRIDGE", "DOCKER-INTERNAL"
STAGE_1, STAGE_2 = "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2"


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
    for container in history.containers():
        for attachment in container.attachments:
            for family in daemon.families():
                _guard_address(chains, daemon, attachment, family)
        for port in container.ports:
            if port.family in daemon.families() and not port.attachment.bridge.internal:
                _publish(chains, daemon, port)
    return chains


def _start(chains: Chains, daemon: Daemon, family: IpFamily) -> None:
    chains.make(Place(family, "nat", DOCKER))
    made = (INTERNAL,) if daemon.version >= NO_STAGES else (STAGE_1, STAGE_2)
    for chain in (DOCKER, FORWARD, BRIDGE, CT, *made, USER):
        chains.make(Place(family, "filter", chain))
    nat_jumps(chains, daemon, family)
    chains.put_first(Place(family, "filter", "FORWARD"), Draft(f"-j {FORWARD}", "jump"))
    for chain in (BRIDGE, made[0], CT):
        chains.put_first(Place(family, "filter", FORWARD), Draft(f"-j {chain}", "jump"))
    if daemon.version < NO_RETURN_FOR_USERS:
        chains.append(Place(family, "filter", USER), Draft("-j RETURN", "return"))
    chains.put_first(Place(family, "filter", "FORWARD"), Draft(f"-j {USER}", "jump"))


def _network(chains: Chains, daemon: Daemon, bridge: Bridge, side: Side, family: IpFamily) -> None:
    device, name = bridge.device, bridge.name
    forward = Place(family, "filter", FORWARD)
    if bridge.internal:
        borders = Place(family, "filter", INTERNAL if daemon.version >= NO_STAGES else STAGE_1)
        for text in internal_borders(device, side.prefix, narrow=family == "ip6"):
            chains.insert(borders, Draft(text, "internal", name))
        verdict = "ACCEPT" if bridge.icc else "DROP"
        chains.append(forward, Draft(f"-i {device} -o {device} -j {verdict}", "icc", name))
        return
    _translate(chains, daemon, bridge, side, family)
    if bridge.icc:
        chains.append(forward, Draft(f"-i {device} -j ACCEPT", "outgoing", name))
    else:
        chains.append(forward, Draft(f"-i {device} -o {device} -j DROP", "icc", name))
        chains.append(forward, Draft(f"-i {device} ! -o {device} -j ACCEPT", "outgoing", name))
    _admit(chains, bridge, side, family)
    if daemon.version < NO_STAGES:
        _isolate(chains, bridge, side, family)


def _translate(chains: Chains, daemon: Daemon, bridge: Bridge, side: Side, family: IpFamily) -> None:
    device, name = bridge.device, bridge.name
    postrouting = Place(family, "nat", "POSTROUTING")
    target = f"SNAT --to-source {side.source}" if side.source else "MASQUERADE"
    routed = side.mode == "routed"
    if bridge.masquerade and not routed:
        chains.insert(postrouting, Draft(f"-s {side.prefix} ! -o {device} -j {target}", "masquerade", name))
    spared = bridge.masquerade and not daemon.hairpin
    if daemon.version < ROUTED_NETWORKS_TRANSLATED:
        spared = routed or spared
    if spared and daemon.version < NO_STAGES:
        chains.insert(Place(family, "nat", DOCKER), Draft(f"-i {device} -j RETURN", "return", name))
    if daemon.hairpin:
        local = f"-o {device} -m addrtype --src-type LOCAL -j {target}"
        chains.insert(postrouting, Draft(local, "local-masquerade", name))


def _admit(chains: Chains, bridge: Bridge, side: Side, family: IpFamily) -> None:
    """Add the rules that accept replies, and ICMP to a routed network, and the last rule of the bridge, which drops all
    other packets (``nat-unprotected``: accepts them).  The rules for published ports are later inserted before it."""
    device, name = bridge.device, bridge.name
    docker = Place(family, "filter", DOCKER)
    if side.mode == "routed":
        icmp = "icmp" if family == "ip" else "ipv6-icmp"
        chains.append(docker, Draft(f"-o {device} -p {icmp} -j ACCEPT", "icmp", name))
    if side.mode == "nat-unprotected":
        chains.append(docker, Draft(f"! -i {device} -o {device} -j ACCEPT", "unprotected", name))
    else:
        chains.append(docker, Draft(f"! -i {device} -o {device} -j DROP", "default-drop", name))
    answers = Draft(f"-o {device} {words.ESTABLISHED} -j ACCEPT", "ct-state", name)
    chains.append(Place(family, "filter", CT), answers)
    chains.append(Place(family, "filter", BRIDGE), Draft(f"-o {device} -j {DOCKER}", "jump", name))


def _isolate(chains: Chains, bridge: Bridge, side: Side, family: IpFamily) -> None:
    device, name = bridge.device, bridge.name
    stage_1 = Place(family, "filter", STAGE_1)
    if side.mode == "routed":
        chains.insert(stage_1, Draft(f"-o {device} -j RETURN", "return", name))
        chains.insert(stage_1, Draft(f"-i {device} {words.ESTABLISHED} -j ACCEPT", "ct-state", name))
    chains.append(stage_1, Draft(f"-i {device} ! -o {device} -j {STAGE_2}", "isolation", name))
    chains.insert(Place(family, "filter", STAGE_2), Draft(f"-o {device} -j DROP", "isolation", name))


def _guard_address(chains: Chains, daemon: Daemon, attachment: Attachment, family: IpFamily) -> None:
    address, bridge = attachment.address(family), attachment.bridge
    side = bridge.side(family)
    if daemon.version < WHOLE_ADDRESS_GUARDED or daemon.direct_routing or address is None or side is None:
        return
    if bridge.internal or side.mode != "nat":
        return
    raw, towards = Place(family, "raw", "PREROUTING"), f"-d {words.host(family, address)}"
    for device in bridge.trusted:
        text = f"{towards} -i {device} -j ACCEPT"
        chains.append(raw, Draft(text, "raw-accept", bridge.name, attachment.container))
    text = f"{towards} ! -i {bridge.device} -j DROP"
    chains.append(raw, Draft(text, "raw-drop", bridge.name, attachment.container))


def _publish(chains: Chains, daemon: Daemon, port: Port) -> None:
    family, binding, bridge = port.family, port.binding, port.attachment.bridge
    side = bridge.side(family)
    if side is None:
        return
    translated = binding.actual and binding.host_port != 0 and side.mode != "routed"
    if translated:
        _guard_loopback(chains, port)
    if daemon.version < WHOLE_ADDRESS_GUARDED and side.mode == "nat":
        address = words.host(family, port.address)
        text = f"-d {address} ! -i {bridge.device} {words.protocol(binding)} --dport {binding.container_port} -j DROP"
        place = Place(family, "raw", "PREROUTING")
        chains.append(place, Draft(text, "raw-drop", bridge.name, port.attachment.container, binding))
    if port.proxied:
        return
    if translated:
        spared = "! -s fe80::/10 " if family == "ip6" else ""
        chains.append(Place(family, "nat", DOCKER), dnat(daemon, port, spared=spared))
        if daemon.hairpin:
            chains.append(Place(family, "nat", "POSTROUTING"), to_itself(port))
    if side.mode != "nat-unprotected":
        chains.insert(Place(family, "filter", DOCKER), published_port_rule(port))


def _guard_loopback(chains: Chains, port: Port) -> None:
    """Add the rule that drops packets to a port which is published on 127.0.0.0/8, except packets that came in by lo.
    Without this rule, route_localnet would let packets from other interfaces in."""
    binding = port.binding
    if binding.version == 6 or binding.host_ip is None or not IPv4Address(binding.host_ip).is_loopback:
        return
    towards = words.host("ip", binding.host_ip)
    text = f"-d {towards} ! -i lo {words.protocol(binding)} --dport {binding.host_port} -j DROP"
    draft = Draft(text, "raw-drop", port.attachment.bridge.name, port.attachment.container, binding)
    chains.append(Place("ip", "raw", "PREROUTING"), draft)

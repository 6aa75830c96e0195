"""The settings on which dockerd's rules depend: dockerd's options, or the defaults of its version."""

import re
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

import msgspec

from hairpin.engines.expected import Backend
from hairpin.host.boot.daemon_start import is_true
from hairpin.host.docker import DockerNetwork, Engine
from hairpin.netfilter.rule_address import IpFamily

Version = tuple[int, int, int]
GatewayMode = Literal["nat", "nat-unprotected", "routed", "isolated"]

IP6TABLES_BY_DEFAULT: Version = (27, 0, 0)
"""From this version on, dockerd manages ip6tables by default.  In older versions ip6tables was an experimental feature,
which was off by default."""

_BRIDGE = "com.docker.network.bridge."


class Daemon(msgspec.Struct, frozen=True):
    """The settings of one dockerd.  ``hairpin``: whether dockerd runs without docker-proxy.  If a container sends a
    packet to its own published port, the bridge then sends the packet out of the bridge port by which it came in."""

    version: Version
    ipv4: bool
    ipv6: bool
    hairpin: bool
    ip_forward: bool
    forward_drop: bool
    """Whether dockerd may set FORWARD's policy to DROP: not with ``ip-forward-no-drop``, an option since version 28."""
    direct_routing: bool
    backend: Backend

    def families(self) -> tuple[IpFamily, ...]:
        """Return the families for which dockerd makes rules."""
        managed: tuple[tuple[IpFamily, bool], ...] = (("ip", self.ipv4), ("ip6", self.ipv6))
        return tuple(family for family, on in managed if on)


class Side(msgspec.Struct, frozen=True):
    """The settings of a network in one family.  ``prefix`` is the bridge's subnet.  ``source`` is the address to which
    outgoing packets are translated; None if outgoing packets are masqueraded."""

    prefix: str
    mode: GatewayMode = "nat"
    source: str | None = None


class Bridge(msgspec.Struct, frozen=True):
    """A bridge network.  ``Bridge`` has a side for each family; a side is None if the network does not have the
    family."""

    name: str
    device: str
    internal: bool
    icc: bool
    masquerade: bool
    trusted: tuple[str, ...]
    ip: Side | None
    ip6: Side | None

    def side(self, family: IpFamily) -> Side | None:
        """Return the network's settings in the family; None if the network does not have this family."""
        return self.ip if family == "ip" else self.ip6


def dockerd_version(text: str) -> Version | None:
    """Return ``20.10.24+dfsg1`` as (20, 10, 24), or None for a version without such numbers (a custom build)."""
    numbers = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", text)
    if numbers is None:
        return None
    return int(numbers[1]), int(numbers[2]), int(numbers[3] or 0)


def backend_of(engine: Engine) -> Backend:
    """Return the back end in which dockerd keeps its rules."""
    return "nftables" if (engine.firewall_backend or "").startswith("nftables") else "iptables"


def daemon_of(engine: Engine, version: Version) -> Daemon:
    """Return dockerd's settings.  Options that were not read have the default of dockerd's version."""
    ipv4 = engine.iptables is not False
    ipv6 = (version >= IP6TABLES_BY_DEFAULT) if engine.ip6tables is None else engine.ip6tables
    return Daemon(
        version=version,
        ipv4=ipv4,
        ipv6=ipv6,
        hairpin=engine.userland_proxy is False,
        ip_forward=engine.ip_forward is not False,
        forward_drop=engine.ip_forward_no_drop is not True,
        direct_routing=engine.allow_direct_routing is True,
        backend=backend_of(engine),
    )


def keeps_no_ipv6_rules(engine: Engine) -> bool:
    """Return whether the engine is a dockerd that makes no rules of IPv6: its option ``ip6tables`` is off, which is the
    default before Docker 27."""
    if engine.kind != "docker":
        return False
    version = dockerd_version(engine.version)
    return engine.ip6tables is False if version is None else not daemon_of(engine, version).ipv6


def bridges_of(engine: Engine) -> tuple[Bridge, ...]:
    """Return the engine's bridge networks, in the order in which the engine lists its networks."""
    return tuple(
        bridge_of(engine, network, network.bridge)
        for network in engine.networks
        if network.driver == "bridge" and network.scope == "local" and network.bridge is not None
    )


def bridge_of(engine: Engine, network: DockerNetwork, device: str) -> Bridge:
    """Return the settings of one network.

    dockerd's options ``--icc`` and ``--ip-masq`` apply only to its default network, and Docker lists them among the
    options of this network.
    """
    default = is_true(network.option(f"{_BRIDGE}default_bridge"), otherwise=False)
    return Bridge(
        name=network.name,
        device=device,
        internal=network.internal,
        icc=is_true(network.option(f"{_BRIDGE}enable_icc"), otherwise=not (default and engine.icc is False)),
        masquerade=engine.masquerades(network),
        trusted=trusted_interfaces(network.option(f"{_BRIDGE}trusted_host_interfaces")),
        ip=_side(network, 4),
        ip6=_side(network, 6) if network.ipv6 else None,
    )


def trusted_interfaces(text: str | None) -> tuple[str, ...]:
    """Return the interfaces that the option ``trusted_host_interfaces`` names, separated by colons."""
    return tuple(name for name in (text or "").split(":") if name)


def _side(network: DockerNetwork, version: Literal[4, 6]) -> Side | None:
    mode = _mode(network.option(f"{_BRIDGE}gateway_mode_ipv{version}"))
    for subnet in network.subnets:
        if subnet.version == version:
            block = (subnet.network, subnet.prefix_length)
            prefix = IPv4Network(block, strict=False) if version == 4 else IPv6Network(block, strict=False)
            return Side(prefix=str(prefix), mode=mode, source=network.option(f"com.docker.network.host_ipv{version}"))
    return None


def _mode(text: str | None) -> GatewayMode:
    match text:
        case "nat-unprotected" | "routed" | "isolated":
            return text
        case _:
            return "nat"

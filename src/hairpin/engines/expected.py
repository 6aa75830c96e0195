"""The parts that an engine should have on its host: chains, rules, policies, sysctls, listeners.  Types only.

The rules of one chain are in the engine's order; foreign rules may be between them.
"""

from typing import Literal

import msgspec

from hairpin.host.docker import PortBinding
from hairpin.host.sysctl import Path
from hairpin.netfilter.ir import Rule
from hairpin.netfilter.rule_address import IpFamily

FAMILIES: tuple[IpFamily, ...] = ("ip", "ip6")

Backend = Literal["iptables", "nftables"]

Purpose = Literal[
    "jump",  # to one of the engine's chains
    "dnat",  # published port -> container
    "masquerade",  # a network's subnet as source on egress (or SNAT to a given address)
    "local-masquerade",  # userland proxy off: the host's own packets to a bridge
    "hairpin-masquerade",  # userland proxy off, or engine < 28: a container that connects to its own published port
    "accept",  # a published port of a container is accepted
    "outgoing",  # packets from a bridge are accepted
    "ct-state",  # replies are accepted
    "isolation",  # between bridges
    "internal",  # around an internal network
    "icc",  # between containers of one bridge
    "return",  # end of a chain; or: packets from a bridge are not translated
    "default-drop",  # engine >= 28: packets to unpublished ports are dropped
    "unprotected",  # gateway mode nat-unprotected: every packet is accepted
    "icmp",  # gateway mode routed
    "raw-drop",  # engine >= 28: packets from outside to a container's address, or to a loopback mapping, are dropped
    "raw-accept",  # packets from trusted interfaces to a container's address are accepted
    "checksum",  # SCTP, engine < 28
    "mesh",  # ports of a swarm's services
]

Position = Literal["first", "last"]


class ExpectedRule(msgspec.Struct, frozen=True):
    """One rule.  ``rule.text`` is what iptables-save (or nft) prints for it.

    ``position``: the engine puts a new rule at the head or the end of its chain.  ``network`` and ``container`` are
    names.
    """

    family: IpFamily
    table: str
    chain: str
    rule: Rule
    purpose: Purpose
    position: Position
    network: str | None = None
    container: str | None = None
    binding: PortBinding | None = None


class ExpectedChain(msgspec.Struct, frozen=True):
    """A chain that belongs to the engine."""

    family: IpFamily
    table: str
    chain: str


class ExpectedElement(msgspec.Struct, frozen=True):
    """An element of an nftables map: packets of the bridge ``device`` jump to the chain ``target``."""

    family: IpFamily
    table: str
    map: str
    device: str
    target: str
    network: str


class ExpectedPolicy(msgspec.Struct, frozen=True):
    """A base chain's policy.  Not ``certain``: the engine sets it only if it has to switch forwarding on itself, and
    the state at its start is no longer known."""

    family: IpFamily
    table: str
    chain: str
    policy: Literal["drop"]
    certain: bool


class ExpectedSysctl(msgspec.Struct, frozen=True):
    """A value that the engine writes: at its start (``network`` None), or when it makes a network."""

    path: Path
    value: str
    network: str | None = None


class ExpectedListener(msgspec.Struct, frozen=True):
    """A socket that holds a published port.  ``docker-proxy`` relays accepted connections to the container; ``dockerd``
    (userland proxy off) only reserves the port.  ``address`` None: every address of that version."""

    process: Literal["docker-proxy", "dockerd"]
    protocol: Literal["tcp", "udp", "sctp"]
    version: Literal[4, 6]
    address: int | None
    port: int
    container: str
    binding: PortBinding


class ExpectedRules(msgspec.Struct, frozen=True):
    """All that is expected.  ``unknown``: sentences that say why nothing, or not everything, can be expected of this
    engine. If it is not empty, a missing rule proves nothing."""

    backend: Backend
    chains: tuple[ExpectedChain, ...] = ()
    elements: tuple[ExpectedElement, ...] = ()
    rules: tuple[ExpectedRule, ...] = ()
    policies: tuple[ExpectedPolicy, ...] = ()
    sysctls: tuple[ExpectedSysctl, ...] = ()
    listeners: tuple[ExpectedListener, ...] = ()
    hairpin_bridges: tuple[str, ...] = ()
    """Bridges whose ports have hairpin mode on: userland proxy off."""
    unknown: tuple[str, ...] = ()

"""What an engine should have left on its host: chains, rules, policies, sysctls, listeners.  Types only.

The rules of one chain stand in the order in which the engine leaves them there; rules of other people may stand
between.
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
    "jump",  # into one of the engine's chains
    "dnat",  # published port -> container
    "masquerade",  # a network's subnet on its way out (or SNAT to a given address)
    "local-masquerade",  # userland proxy off: the host's own packets to a bridge
    "hairpin-masquerade",  # userland proxy off, or engine < 28: a container that asks its own published port
    "accept",  # a published port of a container is open
    "outgoing",  # what leaves a bridge is accepted
    "ct-state",  # answers are accepted
    "isolation",  # between bridges
    "internal",  # an internal network's borders
    "icc",  # between containers of one bridge
    "return",  # end of a chain; or: what comes from a bridge is not translated
    "default-drop",  # engine >= 28: what is not published is dropped
    "unprotected",  # gateway mode nat-unprotected: everything is let in
    "icmp",  # gateway mode routed
    "raw-drop",  # engine >= 28: no way to a container's address, or to a loopback mapping, from outside
    "raw-accept",  # trusted interfaces are let through to a container's address
    "checksum",  # SCTP, engine < 28
    "mesh",  # ports of a swarm's services
]

Position = Literal["first", "last"]


class ExpectedRule(msgspec.Struct, frozen=True):
    """One rule.  ``rule.text`` is what iptables-save (or nft) prints for it.

    ``position`` is where the engine puts a new one: at the head of its chain or at its end.  ``network`` is a
    network's name, ``container`` a container's.
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
    """A chain that the engine makes for itself."""

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
    """A base chain's policy.  Not ``certain``: the engine sets it only when it has to switch forwarding on itself,
    and what it found when it started is not known any more."""

    family: IpFamily
    table: str
    chain: str
    policy: Literal["drop"]
    certain: bool


class ExpectedSysctl(msgspec.Struct, frozen=True):
    """A value that the engine writes: at its start (``network`` None) or with a network."""

    path: Path
    value: str
    network: str | None = None


class ExpectedListener(msgspec.Struct, frozen=True):
    """A socket that holds a published port.  ``docker-proxy`` carries what it accepts to the container; ``dockerd``
    (userland proxy off) only keeps the port from others.  ``address`` None: every address of that version."""

    process: Literal["docker-proxy", "dockerd"]
    protocol: Literal["tcp", "udp", "sctp"]
    version: Literal[4, 6]
    address: int | None
    port: int
    container: str
    binding: PortBinding


class ExpectedRules(msgspec.Struct, frozen=True):
    """All of it.  ``unknown`` says why nothing (or not all) can be expected of this engine, in sentences; when it is
    not empty, what is absent proves nothing."""

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

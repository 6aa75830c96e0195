"""The types of the parts that an engine should have on its host: chains, rules, policies, sysctls, listeners.

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
    "jump",  # packets jump to a chain of the engine
    "dnat",  # packets to a published port are translated to the container
    "masquerade",  # packets that leave a network's subnet are masqueraded (or translated to a given address)
    "local-masquerade",  # without docker-proxy: the host's own packets to a bridge are masqueraded
    "hairpin-masquerade",  # without docker-proxy, or engine < 28: a container's packets to its own port are masqueraded
    "accept",  # a published port of a container is accepted
    "outgoing",  # packets from a bridge are accepted
    "ct-state",  # replies are accepted
    "isolation",  # packets between bridges are dropped
    "internal",  # packets from and to an internal network are dropped
    "icc",  # packets between containers of one bridge are accepted or dropped
    "return",  # a chain ends here, or packets from a bridge are not translated
    "default-drop",  # engine >= 28: packets to unpublished ports are dropped
    "unprotected",  # gateway mode nat-unprotected: every packet is accepted
    "icmp",  # gateway mode routed: ICMP to containers is accepted
    "raw-drop",  # engine >= 28: packets from outside to a container's address, or to a loopback mapping, are dropped
    "raw-accept",  # packets from trusted interfaces to a container's address are accepted
    "checksum",  # engine < 28: the checksum of SCTP packets is filled in
    "mesh",  # packets to published ports of swarm services are led to the services
]

Position = Literal["first", "last"]


class ExpectedRule(msgspec.Struct, frozen=True):
    """A rule that the engine should have.  ``rule.text`` is the text that iptables-save (or nft) prints for the rule.

    ``position``: whether the engine puts the rule at the head or at the end of its chain.  ``network`` and
    ``container`` are names.
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
    """The policy that a base chain should have.  If ``certain`` is false, the engine sets the policy only if forwarding
    is off when the engine starts, and the state of forwarding at that start is no longer known."""

    family: IpFamily
    table: str
    chain: str
    policy: Literal["drop"]
    certain: bool


class ExpectedSysctl(msgspec.Struct, frozen=True):
    """A sysctl value that the engine writes when it makes the network ``network``.

    If ``network`` is None, the engine writes the value when it starts."""

    path: Path
    value: str
    network: str | None = None


class ExpectedListener(msgspec.Struct, frozen=True):
    """A socket that holds a published port.  ``docker-proxy`` relays accepted connections to the container.
    ``dockerd``, if it runs without docker-proxy, only reserves the port.  ``address``: None for every address of the IP
    version."""

    process: Literal["docker-proxy", "dockerd"]
    protocol: Literal["tcp", "udp", "sctp"]
    version: Literal[4, 6]
    address: int | None
    port: int
    container: str
    binding: PortBinding


class ExpectedRules(msgspec.Struct, frozen=True):
    """All parts that the engine should have on its host.  ``unknown``: sentences that say why hairpin does not know all
    rules of the engine.  If ``unknown`` is not empty, a missing rule proves nothing."""

    backend: Backend
    chains: tuple[ExpectedChain, ...] = ()
    elements: tuple[ExpectedElement, ...] = ()
    rules: tuple[ExpectedRule, ...] = ()
    policies: tuple[ExpectedPolicy, ...] = ()
    sysctls: tuple[ExpectedSysctl, ...] = ()
    listeners: tuple[ExpectedListener, ...] = ()
    unknown: tuple[str, ...] = ()

"""Finds rules in an engine's form that belong to no network and to no running container of the engine.  A crash, a
saved ruleset or a container's former address leaves surplus rules behind."""

import re
from collections.abc import Iterator

import msgspec

from hairpin.engines.docker.dockerd import expected
from hairpin.engines.docker.history import Attachment, attachments_of, is_routed
from hairpin.engines.docker.options import bridges_of
from hairpin.engines.expected import Backend, Purpose
from hairpin.engines.found import Found, tables_of_backend
from hairpin.host.docker import SWARM_BRIDGE, Engine
from hairpin.host.host import Namespace
from hairpin.netfilter.ir import FULL_MASK, FieldMatch, Jump, NameMatch, Nat, Rule, Verdict
from hairpin.netfilter.meaning import meaning
from hairpin.netfilter.rule_address import IpFamily

OWNED: dict[tuple[str, str], Purpose | None] = {
    ("nat", "DOCKER"): "dnat",
    ("filter", "DOCKER"): "accept",
    ("filter", "DOCKER-FORWARD"): "outgoing",
    ("filter", "DOCKER-BRIDGE"): "jump",
    ("filter", "DOCKER-CT"): "ct-state",
    ("filter", "DOCKER-INTERNAL"): "internal",
    ("filter", "DOCKER-ISOLATION-STAGE-1"): "isolation",
    ("filter", "DOCKER-ISOLATION-STAGE-2"): "isolation",
}
"""The chains that belong to dockerd alone, and the purpose of their rules.  DOCKER-USER is left out, because this chain
belongs to the user.  DOCKER-INGRESS is left out, because this chain belongs to swarm."""
SHARED = {("nat", "POSTROUTING"), ("filter", "FORWARD"), ("raw", "PREROUTING")}
_ENGINE_DEVICE = re.compile(r"br-[0-9a-f]{12}|docker\d+")


class Surplus(msgspec.Struct, frozen=True):
    """A surplus rule.  ``likeness``: the purpose of the engine's rules that look like the surplus rule.  ``address``:
    the container address that the rule names."""

    family: IpFamily
    table: str
    chain: str
    rule: Rule
    likeness: Purpose
    address: int | None = None


def surplus(engine: Engine, namespace: Namespace, iptables_version: str | None = None) -> tuple[Surplus, ...]:
    """Return the surplus rules of ``namespace``, in the host's order; none if the engine's expected rules are unknown.

    Only iptables' tables have surplus rules, because dockerd's nftables back end rewrites its tables at its start."""
    wanted = expected(engine, namespace)
    backend: Backend = "iptables"
    if wanted.unknown or wanted.backend != backend:
        return ()
    explained = {(one.family, one.table, one.chain, meaning(one.rule)) for one in wanted.rules}
    devices = frozenset(bridge.device for bridge in bridges_of(engine))
    where = tables_of_backend(backend, wanted.rules, namespace, iptables_version)
    candidates = (
        one
        for one in _engine_shaped(where, devices)
        if (one.family, one.table, one.chain, meaning(one.rule)) not in explained
    )
    bridges = {bridge.name: bridge for bridge in bridges_of(engine)}
    attachments = tuple(one for container in engine.containers for one in attachments_of(container, bridges))
    addresses = frozenset(address for one in attachments for address in (one.ip, one.ip6) if address is not None)
    return tuple(
        one
        for one in candidates
        if not _of_swarm(one.rule) and not _is_link(one.rule, addresses) and not _is_routed_port(one, attachments)
    )


def _engine_shaped(where: Found, devices: frozenset[str]) -> Iterator[Surplus]:
    for table in where.tables:
        family: IpFamily = "ip" if table.family == "ip" else "ip6"
        for chain in table.chains:
            if (table.name, chain.name) in OWNED or (table.name, chain.name) in SHARED:
                for rule in chain.rules:
                    likeness = _likeness(table.name, chain.name, rule, devices)
                    if likeness is not None:
                        yield Surplus(family, table.name, chain.name, rule, likeness, address_named(rule))


def _likeness(table: str, chain: str, rule: Rule, devices: frozenset[str]) -> Purpose | None:
    """Return the purpose for which an engine makes rules like this rule, or None if no engine makes such rules.

    In a chain that also contains users' rules, a rule about an existing bridge may be a user's rule.  A rule about a
    missing bridge whose name an engine could have made is taken for the engine's rule.
    """
    if not any(isinstance(expression, NameMatch | Nat) for expression in rule.body):
        return None
    owned = OWNED.get((table, chain))
    destination, source = _single(rule, "daddr"), _single(rule, "saddr")
    last = meaning(rule)[-1] if meaning(rule) else None
    gone = any(_ENGINE_DEVICE.fullmatch(name) and name not in devices for name in _devices(rule))
    about_bridge = gone or not devices.isdisjoint(_devices(rule))
    match last:
        case Nat(nat="dnat"):
            return "dnat" if owned == "dnat" else None
        case Nat(nat="masquerade") if chain == "POSTROUTING":
            if destination is not None and destination == source:
                return "hairpin-masquerade"
            return "masquerade" if gone else None
        case Verdict(verdict="accept") if owned == "accept" and destination is not None and _has(rule, "dport"):
            return "accept"
        case Verdict(verdict="drop") if table == "raw" and destination is not None and about_bridge:
            return "raw-drop"
        case Jump() | Verdict() if table == "filter" and (gone or (owned is not None and about_bridge)):
            return owned or "outgoing"
        case _:
            return None


def _single(rule: Rule, name: str) -> int | None:
    """Return the address with which the rule compares the packet's source or destination.  Return None if the rule
    compares the packet with no address or with several addresses."""
    for expression in rule.body:
        if isinstance(expression, FieldMatch) and expression.field in (f"{name}4", f"{name}6"):
            (first, last), *others = expression.ranges
            if not expression.negated and not others and first == last and expression.mask == FULL_MASK:
                return first
    return None


def _has(rule: Rule, field: str) -> bool:
    return any(isinstance(expression, FieldMatch) and expression.field == field for expression in rule.body)


def _devices(rule: Rule) -> tuple[str, ...]:
    """Return all interface names that the rule matches."""
    return tuple(name for one in rule.body if isinstance(one, NameMatch) for name in one.names)


def address_named(rule: Rule) -> int | None:
    """Return the container address that a rule of an engine names, or None if it names none."""
    for expression in rule.body:
        if isinstance(expression, Nat) and expression.nat == "dnat" and expression.addresses is not None:
            return expression.addresses[0]
    return _single(rule, "daddr")


def _of_swarm(rule: Rule) -> bool:
    """Return whether the rule is about swarm's bridge.  Docker lists no endpoint on this bridge among a container's
    endpoints."""
    return SWARM_BRIDGE in _devices(rule)


def _is_link(rule: Rule, addresses: frozenset[int]) -> bool:
    """Return whether the rule belongs to a ``--link`` between two containers.  No reading lists links of ``--link``."""
    source, destination = _single(rule, "saddr"), _single(rule, "daddr")
    return source != destination and source in addresses and destination in addresses


def _is_routed_port(one: Surplus, attachments: tuple[Attachment, ...]) -> bool:
    """Return whether the rule opens a port of a container on a routed network.  The engine lists such a port without a
    host port."""
    return one.likeness == "accept" and any(
        one.address == attachment.address(one.family) and is_routed(attachment, one.family)
        for attachment in attachments
    )

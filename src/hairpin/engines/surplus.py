"""Rules in an engine's form that belong to none of its networks and running containers: left by a crash, by a saved
ruleset, or by a container's old address."""

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
"""Chains that belong to dockerd alone (DOCKER-USER is the user's; DOCKER-INGRESS is swarm's)."""
SHARED = {("nat", "POSTROUTING"), ("filter", "FORWARD"), ("raw", "PREROUTING")}
_ENGINE_DEVICE = re.compile(r"br-[0-9a-f]{12}|docker\d+")


class Surplus(msgspec.Struct, frozen=True):
    """One such rule.  ``likeness``: the purpose that it looks like.  ``address``: the container address that it
    names."""

    family: IpFamily
    table: str
    chain: str
    rule: Rule
    likeness: Purpose
    address: int | None = None


def surplus(engine: Engine, namespace: Namespace, iptables_version: str | None = None) -> tuple[Surplus, ...]:
    """Return the surplus rules of ``namespace``, in the host's order; none if nothing is known of the engine.  Only
    iptables tables: the nftables back end rewrites its tables when it starts."""
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
                        yield Surplus(family, table.name, chain.name, rule, likeness, _address(rule))


def _likeness(table: str, chain: str, rule: Rule, devices: frozenset[str]) -> Purpose | None:
    """Return the purpose for which an engine makes such a rule, or None if no engine does.

    In shared chains, a rule about a present bridge may be a user's.  A rule about a missing bridge with an engine's
    naming scheme is the engine's.
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
    """Return the one address with which the rule compares ``saddr`` or ``daddr``, or None."""
    for expression in rule.body:
        if isinstance(expression, FieldMatch) and expression.field in (f"{name}4", f"{name}6"):
            (first, last), *others = expression.ranges
            if not expression.negated and not others and first == last and expression.mask == FULL_MASK:
                return first
    return None


def _has(rule: Rule, field: str) -> bool:
    return any(isinstance(expression, FieldMatch) and expression.field == field for expression in rule.body)


def _devices(rule: Rule) -> tuple[str, ...]:
    """Return all interface names of the rule."""
    return tuple(name for one in rule.body if isinstance(one, NameMatch) for name in one.names)


def _address(rule: Rule) -> int | None:
    for expression in rule.body:
        if isinstance(expression, Nat) and expression.nat == "dnat" and expression.addresses is not None:
            return expression.addresses[0]
    return _single(rule, "daddr")


def _of_swarm(rule: Rule) -> bool:
    """Return whether the rule is about swarm's bridge, whose endpoints no container lists."""
    return SWARM_BRIDGE in _devices(rule)


def _is_link(rule: Rule, addresses: frozenset[int]) -> bool:
    """Return whether the rule belongs to a ``--link`` between two containers, which no reading lists."""
    source, destination = _single(rule, "saddr"), _single(rule, "daddr")
    return source != destination and source in addresses and destination in addresses


def _is_routed_port(one: Surplus, attachments: tuple[Attachment, ...]) -> bool:
    """Return whether the rule opens a port of a routed container: the engine lists it without a host port."""
    return one.likeness == "accept" and any(
        one.address == attachment.address(one.family) and is_routed(attachment, one.family)
        for attachment in attachments
    )

"""The rules that netavark 1.9 or later has lost, by what they do.

From 1.9 on, netavark makes the same rules through iptables and through nftables (driver ``iptables``, ``nftables``): in
its own table ``inet netavark``, or in iptables' tables.  hairpin looks for the part that each rule has for a container.
Compared with netavark 1.14.0 and 1.17.2, whose rules are equal.  The rules of the driver ``firewalld`` are firewalld's.

Source: netavark src/firewall/nft.rs, src/firewall/varktables/types.rs
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from hairpin.engines.found import of_dialect
from hairpin.engines.podman import Joined, is_known, joined_of, makes_no_rules, span_of
from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.netfilter.ir import Expression, FieldMatch, Jump, Nat, Rule, Verdict
from hairpin.netfilter.rule_address import IpFamily
from hairpin.programs import PODMAN

Part = Literal["jump", "dnat", "masquerade", "outgoing", "ct-state"]
"""What a rule of netavark does: packets jump to netavark's chains, a published port is translated, packets of a subnet
are masqueraded when they leave it, are accepted, or are accepted as replies."""
_PORTS = "NETAVARK-HOSTPORT-DNAT"
_FORWARD = ("NETAVARK_FORWARD", "FORWARD")
"""The chain with the accepting rules: of the driver iptables, and of nftables."""


class LostRule(msgspec.Struct, frozen=True):
    """A rule that netavark should have for the container.  ``chain``: for a jump the base chain, else empty; ``port``:
    of a translated port the host's port, else 0."""

    container: str
    family: IpFamily
    part: Part
    chain: str = ""
    port: int = 0


class _Held(NamedTuple):
    chain: str
    rule: Rule

    def has_span(self, field: str, span: tuple[int, int]) -> bool:
        return any(
            isinstance(each, FieldMatch) and each.field == field and span in each.ranges and not each.negated
            for each in self.rule.body
        )

    @property
    def target(self) -> str:
        return next((each.chain for each in self.rule.body if isinstance(each, Jump)), "")

    @property
    def accepts(self) -> bool:
        return any(isinstance(each, Verdict) and each.verdict == "accept" for each in self.rule.body)


def lost_rules(engine: Engine, namespace: Namespace) -> tuple[LostRule, ...]:
    """Return the rules that the engine's netavark has lost; none of a netavark whose exact rules are known, if it has
    lost all of its rules, or if its driver is firewalld or none."""
    if engine.rootless or engine.network_backend != "netavark" or is_known(engine) or makes_no_rules(engine):
        return ()
    return tuple(
        lost
        for one in joined_of(engine)
        for native in (True, False)
        if (held := _rules_of(namespace, one.family, native=native))
        for lost in _gaps(one, held, native=native)
    )


def _rules_of(namespace: Namespace, family: IpFamily, *, native: bool) -> tuple[_Held, ...]:
    """Return the rules of the tables that one driver of netavark uses for the family; none if netavark has no chain
    there, or if not all of these rules were read."""
    if family in of_dialect("nft" if native else "iptables-nft", namespace).unread:
        return ()
    tables = namespace.ruleset.tables
    if native:
        used = [each for each in tables if each.family == "inet" and PODMAN.makes_table(each.name)]
    else:
        used = [each for each in tables if each.family == family and each.name in ("filter", "nat")]
        used = used if any(PODMAN.makes_chain(one.name) for each in used for one in each.chains) else []
    return tuple(_Held(chain.name, rule) for table in used for chain in table.chains for rule in chain.rules)


def _gaps(one: Joined, held: tuple[_Held, ...], *, native: bool) -> Iterator[LostRule]:
    span, name, family = span_of(one.subnet), one.container.name, one.family
    source, target = ("saddr4", "daddr4") if family == "ip" else ("saddr6", "daddr6")
    if not native and not any(each.chain == "FORWARD" and each.target == _FORWARD[0] for each in held):
        yield LostRule(name, family, "jump", "FORWARD")
    accepting = [each for each in held if each.chain in _FORWARD and each.accepts]
    if not any(each.has_span(source, span) for each in accepting):
        yield LostRule(name, family, "outgoing")
    if not any(each.has_span(target, span) for each in accepting):
        yield LostRule(name, family, "ct-state")
    leaving = {each.target for each in held if each.chain == "POSTROUTING" and each.has_span(source, span)}
    if not any(each.chain in leaving and _nat(each.rule.body, "masquerade") for each in held):
        yield LostRule(name, family, "masquerade")
    for base in ("PREROUTING", "OUTPUT") if one.bindings else ():
        if not any(each.chain == base and each.target == _PORTS for each in held):
            yield LostRule(name, family, "jump", base)
    for binding in one.bindings:
        port = (binding.host_port, binding.container_port)
        chains = {each.target for each in held if each.chain == _PORTS and _takes(each.rule.body, port[0])}
        if not any(each.chain in chains and _leads(each.rule.body, one.address, port) for each in held):
            yield LostRule(name, family, "dnat", port=binding.host_port)


def _nat(body: tuple[Expression, ...], kind: str) -> Nat | None:
    return next((each for each in body if isinstance(each, Nat) and each.nat == kind), None)


def _takes(body: tuple[Expression, ...], port: int) -> bool:
    """Return whether the rule's ports contain the port."""
    ranges = (each.ranges for each in body if isinstance(each, FieldMatch) and each.field == "dport")
    return any(first <= port <= last for each in ranges for first, last in each)


def _leads(body: tuple[Expression, ...], address: int, port: tuple[int, int]) -> bool:
    """Return whether the rule translates the host's port to the container's address and port."""
    found = _nat(body, "dnat")
    if found is None or found.addresses != (address, address) or not _takes(body, port[0]):
        return False
    return found.ports is None or found.ports[0] <= port[1] <= found.ports[1]

"""A DNAT rule for the asked port compares the destination with an address that the packets do not have.

A provider's gateway, or a router with a port forward, translates the public address before the packet comes here.  The
rule has to name the address that the packet has then.  Or the rule names a loopback address, which no packet from
another machine has.

Users see: after a move to a cloud, or after a new lease, connections through a port forward that somebody wrote are
refused, and the rule of the port forward counts no packets.

Proof: without its match on the destination address, the rule matches the packet.  With the present address in the rule,
the packet arrives.
Now: insert the same rule with the present address.
Lasting: change the address in the file or program that makes the rule.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfRule, Place, View, message
from hairpin.causes.nat_rules._translation import inserted_at
from hairpin.engines.missing import is_engines
from hairpin.host.floating import mover_of
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.packet import Packet
from hairpin.network.network import is_held
from hairpin.network.prefix import address_text, is_loopback


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each DNAT rule, where the packet stopped, that would match the packet except for the
    rule's address.  On the host, the packet must still have the destination for which it was sent."""
    packet = view.stop.seen.packet
    if view.in_reply or (view.on_host and packet.daddr != view.flow.daddr):
        return
    for table in view.namespace.ruleset.tables:
        for chain in table.chains:
            for rule in chain.rules:
                old = _other_address(view, rule, packet)
                if old is None:
                    continue
                place = place_of(table, chain.name, rule)
                if not view.on_host or not is_engines(view.host, place):
                    yield _candidate(view, place, rule, old)


def _candidate(view: View, place: Place, rule: ir.Rule, old: int) -> Candidate:
    packet = view.stop.seen.packet
    field, now = _field(packet), packet.daddr
    body = tuple(
        msgspec.structs.replace(part, ranges=((now, now),)) if _compares(part, field) else part for part in rule.body
    )
    facts = {"old": address_text(old, packet.version), "now": address_text(now, packet.version)}
    rule_facts = {"table": place.table, "chain": place.chain, "rule": place.text, "old": facts["old"]}
    return Candidate(
        title=message("A DNAT rule for this port matches {old}, but the packets arrive for {now}", **facts),
        detail=message(
            "{table} {chain}: {rule}. No packet from another machine has the destination {old}.", **rule_facts
        )
        if is_loopback(old, packet.version)
        else message(
            "{table} {chain}: {rule}. This host does not have {old}: the machine that has it translates the packets "
            "before they arrive here.",
            **rule_facts,
        ),
        change=inserted_at(view, view.stop.netns, place, body),
        where=OfRule(place),
        in_class="nearly-allowing-rule",
        evidence=(place.evidence,),
        advice=(message("the rule about {old} is then useless: delete it", old=facts["old"]),),
    )


def _other_address(view: View, rule: ir.Rule, packet: Packet) -> int | None:
    """Return the address that the rule matches instead of the packet's address, or None.

    The rule translates the destination of packets with this protocol and port.  No namespace has the address, or it is
    a loopback address and the packet came from another machine."""
    if not any(isinstance(part, ir.Nat) and part.nat in ("dnat", "redirect") for part in rule.body):
        return None
    field, asked = _field(packet), [part for part in rule.body if _compares(part, _field(packet))]
    if len(asked) != 1 or not isinstance(asked[0], ir.FieldMatch):
        return None
    first, last = asked[0].ranges[0]
    if len(asked[0].ranges) != 1 or first != last:
        return None
    if any(
        (each.version, each.host_ip) == (packet.version, first) for _, each in view.host.bindings_of(view.flow.dport)
    ):
        return None  # somebody published the port at that address, so the rule is an engine's and intended
    if is_loopback(first, packet.version):
        if view.stop.seen.iif in ("", "lo") or is_loopback(packet.daddr, packet.version):
            return None
    elif is_held(view.network, packet.version, first):
        return None
    if mover_of(view.host.floating, packet.version, first) is not None:
        return None  # another node may have it now
    values = {"protocol": packet.protocol, "dport": packet.dport}
    others = [part for part in rule.body if isinstance(part, ir.FieldMatch) and part.field != field]
    wanted = [part for part in others if part.field in values]
    fits = all(not part.negated and any(a <= (values[part.field] or 0) <= b for a, b in part.ranges) for part in wanted)
    return first if fits and any(part.field == "dport" for part in wanted) else None


def _field(packet: Packet) -> ir.Field:
    return "daddr4" if packet.version == 4 else "daddr6"


def _compares(part: ir.Expression, field: ir.Field) -> bool:
    return isinstance(part, ir.FieldMatch) and part.field == field and not part.negated and part.mask == ir.FULL_MASK


CAUSE = Cause(
    title=message("A DNAT rule names an address that the packets do not have"),
    source="iptables-extensions(8): DNAT",
    reasons=frozenset({"no-listener"}),
)

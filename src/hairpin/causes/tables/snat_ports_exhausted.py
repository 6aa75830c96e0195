"""All source ports that a translation may use for one destination are in use.

Users see: many containers, or one container that opens many connections, connect to the same server.  Some connections
time out, while connections to other servers work.

Proof: for each port in the translation's range, the connection table has an entry with the same destination.  If one of
these entries is deleted, the packet passes.
Now: close connections, or give the rule more ports or addresses.
Lasting: write a wider port range or more addresses into the file or program that adds the rule.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Namespace, OfRule, View, Way, message
from hairpin.change.change import Change, DropConnection, one
from hairpin.netfilter.packet import Connection, Packet
from hairpin.network.prefix import address_text
from hairpin.walk.decided import RuleDecided


def find(view: View) -> Iterator[Candidate]:
    steps = (step for step in view.branch.request if step.note in ("snat", "masquerade"))
    step = next((step for step in steps if step.netns == view.stop.netns), None)
    if step is None or not isinstance(step.decided_by, RuleDecided):
        return
    place, packet = step.decided_by.place, step.packet
    taken = _towards(view.namespace, packet)
    if not taken:
        return
    source, to = address_text(packet.saddr, packet.version), address_text(packet.daddr, packet.version)
    yield Candidate(
        title=message("No source port of {source} is free towards {to} port {port}", source=source, to=to,
                      port=packet.dport),
        detail=message(
            "{count} connections with that source and destination are in the connection table, and the rule allows no "
            "other port: {rule}",
            count=len(taken),
            rule=place.text,
        ),
        change=one(DropConnection(view.stop.netns, packet.version, taken[0].original)),
        where=OfRule(place),
        in_class="full-table",
        evidence=(place.evidence, taken[0].evidence),
        ways=(
            Way(Change(()), (message("give the rule more ports or more addresses: {rule}", rule=place.text),)),
            Way(Change(()), (message("close connections to {to} (conntrack -L -d {to} shows them)", to=to),)),
        ),
        offered=False,
    )  # fmt: skip


def _towards(namespace: Namespace, packet: Packet) -> tuple[Connection, ...]:
    """Return the conntrack entries that have the packet's translated source address and the packet's destination."""
    wanted = (packet.version, packet.protocol, packet.daddr, packet.dport, packet.saddr)
    return tuple(
        each
        for each in namespace.connections
        if (each.version, each.reply.protocol, each.reply.saddr, each.reply.sport, each.reply.daddr) == wanted
    )


CAUSE = Cause(
    title=message("No source port is free for the translation"),
    source="net/netfilter/nf_nat_core.c nf_nat_l4proto_unique_tuple(); nf_conntrack_core.c __nf_conntrack_confirm()",
    reasons=frozenset({"conntrack-clash"}),
)

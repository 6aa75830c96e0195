"""A table of rules has nft's flag ``dormant``, so the kernel runs none of its chains.

Users see: the rules of Docker or of another program are all there, ``iptables -L`` lists them, and no packet meets
them: a published port is not translated, a container's packets are not masqueraded.

Proof: ``nft list table FAMILY NAME`` shows ``flags dormant`` of the table.  Without the flag the flow is delivered.
Now: ``nft add table FAMILY NAME``.  For a table that exists, this command sets only the flags and keeps the rules.
Lasting: saved rules of iptables cannot hold the flag.  Remove the flag from the nft script or file that sets it.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfRule, View, message
from hairpin.causes.routing._asked import namespaces_on_way
from hairpin.change.change import SetDormant, one
from hairpin.netfilter.evaluate.chain import policy_place

_FAMILIES = {4: ("ip", "inet", "bridge", "netdev"), 6: ("ip6", "inet", "bridge", "netdev")}


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each dormant table on the flow's path that has rules for the packet's family."""
    version = view.stop.seen.packet.version
    for netns, namespace in namespaces_on_way(view):
        for table in namespace.ruleset.tables:
            base = next((each for each in table.chains if each.hook is not None), None)
            if not table.dormant or base is None or table.family not in _FAMILIES[version]:
                continue
            yield Candidate(
                title=message("Table {family} {table} is dormant", family=table.family, table=table.name),
                detail=message(
                    "The table has nft's flag `dormant`, so that the kernel runs none of its chains. Its rules are "
                    "still listed, but no packet meets them."
                ),
                change=one(SetDormant(netns, table.dialect, table.family, table.name, dormant=False)),
                where=OfRule(policy_place(table, base)),
                in_class="switched-off",
                evidence=(table.flags_evidence or table.evidence,),
            )


CAUSE = Cause(
    title=message("A table of rules is dormant"),
    source="net/netfilter/nf_tables_api.c nf_tables_table_disable(), nf_tables_updtable()",
    general=True,
)

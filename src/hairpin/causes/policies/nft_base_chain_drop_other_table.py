"""A base chain of another nftables table drops the packet.

Users see: clients time out although iptables accepts the packet, because the verdict accept ends only the base chain of
its rule.

Proof: a base chain of another nftables table drops the packet, even if iptables accepts it.  With an accepting rule in
that chain the packet passes.
Now: add an accepting rule to that chain.
Lasting: add the same rule to ``/etc/nftables.conf``, or to the file or program from which the table is loaded.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("Another nftables table drops the flow"),
    source="nft(8): an accept verdict ends only its own base chain",
    shown_by=(
        "sudo nft list ruleset",
        message("a base chain of another table has the policy drop, or drops the packet by a rule"),
    ),
    reasons=RULE_STOPS,
    find=by_owner(
        "nft-table",
        in_class="dropping-rule",
        title=message("nftables table {family} {table} drops this flow"),
        detail=message(
            "Chain {chain} of table {family} {table} drops the packet: {rule}. An accept in another table does not "
            "help: every base chain at the hook has to let the packet through."
        ),
    ),
)

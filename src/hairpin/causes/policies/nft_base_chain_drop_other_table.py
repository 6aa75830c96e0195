"""A base chain of another nftables table drops the packet.

Users see: timeout although iptables accepts the packet: accept ends its own base chain only.

Proof: a base chain of another nftables table drops the packet, whatever iptables accepts; with an accepting rule
there it passes.
Now: an accepting rule in that chain.
Lasting: the same rule in ``/etc/nftables.conf``, or in what loads the table.
"""

from hairpin.causes.cause import RULE_STOPS, Cause
from hairpin.causes.rules._by_owner import by_owner
from hairpin.message import message

CAUSE = Cause(
    title=message("Another nftables table drops the flow"),
    source="nft(8): an accept verdict ends only its own base chain",
    reasons=RULE_STOPS,
    find=by_owner(
        "nft-table",
        in_class="dropping-rule",
        title=message("nftables table {family} {table} drops this flow"),
        detail=message(
            "Chain {chain} of table {family} {table} drops it: {rule}. What another table accepts does not "
            "count here: every base chain at the hook has to let the packet through."
        ),
    ),
)

"""A base chain of another nftables table drops the packet.

Users see: timeout although iptables accepts the packet: accept ends its own base chain only.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.rules._by_owner import RULE_STOPS, by_owner
from hairpin.message import message

CAUSE = Cause(
    id="nft-base-chain-drop-other-table",
    title="Another nftables table drops the flow",
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

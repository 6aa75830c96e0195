"""A rule of the bridge family (ebtables, nft table bridge) drops the frame.

Users see: connections time out although iptables drops no packet, because ARP or IP is dropped on layer 2.

Proof: a rule of ebtables, or of an nft table of the bridge family, drops the frame.  Without this rule the frame
passes.
Now: delete the rule.
Lasting: remove the rule from the configuration that makes it.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("A layer-2 rule drops the flow"),
    source="ebtables(8), nft(8)",
    reasons=RULE_STOPS,
    find=by_owner(
        "bridge-family",
        in_class="dropping-rule",
        title=message("A layer-2 rule drops this flow"),
        detail=message("Table {family} {table}, chain {chain}: {rule}"),
        discovery=(
            message("A layer-2 rule drops ARP or IPv6 neighbour discovery, so a neighbour is not found"),
            message("Table {family} {table}, chain {chain}: {rule}"),
        ),
    ),
)

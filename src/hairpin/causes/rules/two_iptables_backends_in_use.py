"""The packet is dropped by rules in the iptables back end that ``iptables`` does not show.

Users see: contradictory listings, "iptables-legacy tables present"; packets dropped by rules nobody sees.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.rules._by_owner import RULE_STOPS, by_owner
from hairpin.message import message

CAUSE = Cause(
    id="two-iptables-backends-in-use",
    title="Both iptables back ends carry rules",
    source="iptables(8), xtables-nft(8)",
    reasons=RULE_STOPS,
    find=by_owner(
        "hidden-backend",
        in_class="hidden-backend",
        title=message("{hidden} still holds rules, and one of them drops this flow"),
        detail=message(
            "Both iptables back ends are in use on this host and the kernel asks both. The `iptables` "
            "command shows the other one; this stands in {hidden}, table {table}, chain {chain}: {rule}"
        ),
        advice=(
            message(
                "empty the back end that is not used (flush it, policies to ACCEPT) and keep one alternative "
                "for all tools"
            ),
        ),
    ),
)

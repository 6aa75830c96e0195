"""A rule in the iptables back end that the ``iptables`` command does not show drops the packet.

Users see: packets dropped by no listed rule; the warning "iptables-legacy tables present".
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

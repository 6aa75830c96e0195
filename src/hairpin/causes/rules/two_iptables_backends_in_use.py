"""A rule in the iptables back end that the ``iptables`` command does not show drops the packet.

Users see: packets are dropped although no listed rule drops them, and iptables warns "iptables-legacy tables present".

Proof: a rule or policy in the back end that ``iptables`` does not show drops the packet.  Without this rule or policy
the flow arrives.
Now: accept the flow in that back end, or delete all rules in that back end.
Lasting: use one back end for all tools (``update-alternatives --config iptables``), and keep the other back end empty.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("Both iptables back ends carry rules"),
    source="iptables(8), xtables-nft(8)",
    shown_by=("sudo iptables-legacy-save; sudo iptables-nft-save", message("both back ends have rules")),
    reasons=RULE_STOPS,
    find=by_owner(
        "hidden-backend",
        in_class="hidden-backend",
        title=message("{hidden} still holds rules, and one of them drops this flow"),
        detail=message(
            "Both iptables back ends are in use on this host, and packets pass the rules of both. The `iptables` "
            "command shows the other back end. This rule is in {hidden}, table {table}, chain {chain}: {rule}"
        ),
        advice=(
            message(
                "empty the back end that is not used (flush it, policies to ACCEPT) and keep one alternative "
                "for all tools"
            ),
        ),
    ),
)

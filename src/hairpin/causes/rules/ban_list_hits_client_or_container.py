"""A ban list (fail2ban, crowdsec, sshguard) contains the packet's source address.

Users see: one client or one container address is blocked.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.rules._by_owner import RULE_STOPS, by_owner
from hairpin.message import message

CAUSE = Cause(
    id="ban-list-hits-client-or-container",
    title="A ban list blocks the source",
    source="fail2ban actions iptables, nftables",
    reasons=RULE_STOPS,
    find=by_owner(
        "ban-list",
        in_class="dropping-rule",
        title=message("A ban list in chain {chain} holds this source address"),
        detail=message("{rule}"),
        advice=(
            message(
                "take the address off the list with its own tool (fail2ban-client unbanip ADDRESS) and exempt "
                "container subnets"
            ),
        ),
    ),
)

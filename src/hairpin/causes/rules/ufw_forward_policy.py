"""A rule of ufw drops a forwarded packet, or a packet for this host.

Users see: while ufw is active, published ports time out or containers cannot connect to the outside.

Proof: a rule of ufw drops the packet.  With a rule of ufw that allows the packet, it passes.
Now: ``ufw route allow`` for a container, ``ufw allow`` for this host.
Lasting: nothing more has to be done, because ufw stores its rules.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("ufw stops the flow"),
    source="ufw(8), /etc/default/ufw",
    shown_by=(
        "sudo ufw status verbose; sudo iptables-save",
        message("routed: deny, and no rule of ufw lets the containers' packets through"),
    ),
    reasons=RULE_STOPS,
    find=by_owner(
        "ufw",
        in_class="shared-rule",
        title=message("ufw stops this flow in chain {chain}"),
        detail=message("{rule}"),
        advice=(
            message(
                "let the packet through with ufw itself: `ufw route allow` for forwarded packets, `ufw allow` for this "
                "host"
            ),
        ),
    ),
)

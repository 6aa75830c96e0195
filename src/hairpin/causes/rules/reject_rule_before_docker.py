"""A rule in FORWARD drops or rejects the packet before the container engine's rules accept it.

Users see: an immediate "No route to host" (REJECT) or a timeout (DROP); not without the firewall.

Proof: a rule of FORWARD before the engine's drops or rejects the packet; without it the flow arrives.
Now: delete the rule, or accept the flow before it.
Lasting: the saved rules (``/etc/sysconfig/iptables``, ``/etc/iptables/rules.v4``).
"""

from hairpin.causes.cause import RULE_STOPS, Cause
from hairpin.causes.rules._by_owner import by_owner
from hairpin.message import message

CAUSE = Cause(
    title=message("A rule in FORWARD stops the flow before the engine's rules"),
    source="RHEL iptables-services default rules; iptables(8)",
    reasons=RULE_STOPS,
    find=by_owner(
        "forward-rule",
        in_class="shared-rule",
        title=message("A rule in {table} {chain} stops the packet before the container engine's rules accept it"),
        detail=message("The rule stands before the rules that would accept the packet: {rule}"),
        advice=(
            message("the FORWARD policy already closes what nothing accepts; or let this flow through before the rule"),
        ),
    ),
)

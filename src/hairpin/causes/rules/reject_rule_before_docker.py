"""A rule in FORWARD drops or rejects the packet before the container engine's rules accept it.

Users see: clients get "No route to host" at once (REJECT) or time out (DROP), but not while the firewall is off.

Proof: a rule in FORWARD before the engine's rules drops or rejects the packet.  Without this rule the flow arrives.
Now: delete the rule, or insert a rule before it that accepts the flow.
Lasting: make the same change in the saved rules (``/etc/sysconfig/iptables``, ``/etc/iptables/rules.v4``).
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("A rule in FORWARD stops the flow before the engine's rules"),
    source="RHEL iptables-services default rules; iptables(8)",
    shown_by=("sudo iptables-save", message("FORWARD has a REJECT or DROP before Docker's rules")),
    reasons=RULE_STOPS,
    find=by_owner(
        "forward-rule",
        in_class="shared-rule",
        title=message("A rule in {table} {chain} stops the packet before the container engine's rules accept it"),
        detail=message("The rule comes before the rules that would accept the packet: {rule}"),
        advice=(
            message(
                "the FORWARD policy already drops packets that no rule accepts. Delete this rule, or insert a rule "
                "before it that accepts this flow"
            ),
        ),
    ),
)

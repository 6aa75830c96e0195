"""An administrator's rule in DOCKER-USER drops or rejects the flow.

Users see: some clients time out.  Or containers cannot connect to the outside, because the rule also matches replies.

Proof: a rule in DOCKER-USER drops the packet.  Without this rule the flow arrives.
Now: delete the rule, or put a RETURN for the flow before it.
Lasting: change the rule in the saved rules, or in the script that adds it.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("A rule in DOCKER-USER drops the flow"),
    source="docs.docker.com: packet filtering and firewalls, DOCKER-USER",
    shown_by=("sudo iptables-save", message("DOCKER-USER has a rule that drops packets")),
    reasons=RULE_STOPS,
    find=by_owner(
        "docker-user",
        in_class="dropping-rule",
        title=message("A rule in DOCKER-USER stops this flow"),
        detail=message(
            "Every forwarded packet passes DOCKER-USER before Docker's own rules. This rule in it decides: {rule}"
        ),
    ),
)

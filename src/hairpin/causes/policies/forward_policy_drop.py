"""The policy of FORWARD is DROP and nothing accepts the flow.

Users see: since Docker was installed, VMs, LXD, VPNs or other bridges do not reach each other; or a bridge without
rules of its own.

Proof: no rule of FORWARD accepts the packet, and its policy is DROP; with an accepting rule it passes.
Now: a rule in DOCKER-USER that accepts this traffic.
Lasting: the same rule in the saved rules, or in the firewall's manager.
"""

from hairpin.causes.cause import RULE_STOPS, Cause
from hairpin.causes.rules._by_owner import by_owner
from hairpin.message import message

CAUSE = Cause(
    title=message("FORWARD's policy drops what no rule accepts"),
    source="moby: libnetwork/drivers/bridge/setup_ip_forwarding.go",
    reasons=RULE_STOPS,
    find=by_owner(
        "forward-policy",
        in_class="closed-policy",
        title=message("The FORWARD policy is DROP and no rule accepts this flow"),
        detail=message("No rule on the packet's way through {table} FORWARD accepts it, so the policy drops it."),
    ),
)

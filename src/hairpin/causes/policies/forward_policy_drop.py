"""The policy of FORWARD is DROP and nothing accepts the flow.

Users see: since Docker was installed, VMs, LXD containers, VPNs or other bridges that have no accepting rules do not
reach each other.

Proof: no rule in FORWARD accepts the packet, and the policy of FORWARD is DROP.  With an accepting rule the packet
passes.
Now: add a rule to DOCKER-USER that accepts this traffic.
Lasting: add the same rule to the saved rules, or to the program that manages the firewall.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("FORWARD's policy drops packets that no rule accepts"),
    source="moby: libnetwork/drivers/bridge/setup_ip_forwarding.go",
    shown_by=("sudo iptables-save", message("FORWARD has the policy DROP, and no rule accepts the packet")),
    reasons=RULE_STOPS,
    find=by_owner(
        "forward-policy",
        in_class="closed-policy",
        title=message("The FORWARD policy is DROP and no rule accepts this flow"),
        detail=message("No rule on the packet's way through {table} FORWARD accepts it, so the policy drops it."),
    ),
)

"""INPUT drops a packet for docker-proxy.

Users see: containers cannot reach a published port by the host's address, but outside clients can.

Proof: the packet is for docker-proxy on this host, and INPUT drops it.  With an accepting rule docker-proxy receives
the packet.
Now: add a rule to INPUT that accepts packets from the bridge to the port.
Lasting: run ``ufw allow in on BRIDGE``, put the bridge into firewalld's zone ``docker``, or add the rule to the saved
rules.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("INPUT drops traffic for docker-proxy"),
    source="moby: cmd/docker-proxy",
    shown_by=("sudo iptables-save", message("INPUT has a DROP or REJECT, and no rule before it accepts the packet")),
    reasons=RULE_STOPS,
    find=by_owner(
        "input-for-relay",
        in_class="shared-rule",
        title=message("INPUT drops packets that {relay} would answer"),
        detail=message(
            "The packet is not translated to the container. The packet is for {relay} on the host itself, and INPUT "
            "drops it: {rule}"
        ),
    ),
)

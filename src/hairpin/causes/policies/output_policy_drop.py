"""OUTPUT drops a packet that the host itself or its docker-proxy sends.

Users see: outside clients get answers, but on the host itself connections to 127.0.0.1:PORT time out.

Proof: OUTPUT drops a packet that the host or its docker-proxy sends to the container.  With an accepting rule the
packet arrives.
Now: add a rule to OUTPUT that accepts packets into the bridge.
Lasting: add the same rule to the saved rules.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("OUTPUT drops the flow"),
    source="iptables(8)",
    shown_by=("sudo iptables-save", message("OUTPUT has the policy DROP, and no rule accepts the packet")),
    reasons=RULE_STOPS,
    find=by_owner(
        "output",
        in_class="shared-rule",
        title=message("OUTPUT drops this flow"),
        detail=message("Packets that start on this host pass OUTPUT, which drops them: {rule}"),
        relayed=message(
            "Packets that start on this host, such as docker-proxy's connections to containers, pass OUTPUT, which "
            "drops them: {rule}"
        ),
        discovery=(
            message("OUTPUT drops IPv6 neighbour discovery"),
            message("Without ICMPv6 this host and its neighbours do not find each other's IPv6 addresses: {rule}"),
        ),
    ),
)

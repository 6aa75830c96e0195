"""INPUT drops a packet for a service of the host itself.

Users see: containers or outside clients cannot reach a service of the host (or of a container on the host's network).

Proof: the packet is for a socket of the host, and INPUT drops it.  With an accepting rule the socket receives the
packet.
Now: open the port with the program that manages the firewall, or add a rule to INPUT that accepts packets to the port.
Lasting: use ``ufw allow`` or ``firewall-cmd --permanent``, or add the rule to the saved rules.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("INPUT drops traffic for the host's service"),
    source="iptables(8)",
    shown_by=("sudo iptables-save", message("INPUT has a DROP or REJECT, and no rule before it accepts the packet")),
    reasons=RULE_STOPS,
    find=by_owner(
        "input",
        in_class="closed-host-service",
        title=message("INPUT drops packets for this port"),
        detail=message("The packet is for this host itself and INPUT drops it: {rule}"),
        discovery=(
            message("INPUT drops IPv6 neighbour discovery"),
            message("Without ICMPv6 this host and its neighbours do not find each other's IPv6 addresses: {rule}"),
        ),
    ),
)

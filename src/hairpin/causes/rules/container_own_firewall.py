"""A firewall inside the container's own namespace drops the packet.

Users see: the port times out, for example with VPN images (kill switch) or with firewalld inside a systemd image.

Proof: a rule inside the container's namespace drops the packet.  Without the rule the packet passes.
Now: delete the rule with ``nsenter``, or set the image's variable that allows such packets.
Lasting: correct the source of the rule, which is the image, its variables or its start script.
"""

from hairpin.causes.kit import RULE_STOPS, Cause, message
from hairpin.causes.rules._by_owner import by_owner

CAUSE = Cause(
    title=message("The container's own firewall drops the flow"),
    source="the image's documentation",
    shown_by=(
        "docker exec {container} sh -c 'iptables -S; ip route; ip rule'",
        message("OUTPUT or INPUT in the container has the policy DROP and accepts no such port or client"),
    ),
    on_purpose=True,
    reasons=RULE_STOPS,
    find=by_owner(
        "container",
        in_class="dropping-rule",
        title=message("A firewall inside the container drops this flow"),
        detail=message("Table {table}, chain {chain}, in {netns}: {rule}"),
        discovery=(
            message("A firewall inside the container drops IPv6 neighbour discovery"),
            message("Table {table}, chain {chain}, in {netns}: {rule}"),
        ),
    ),
)

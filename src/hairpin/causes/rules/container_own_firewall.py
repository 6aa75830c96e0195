"""A firewall inside the container's own namespace drops the packet.

Users see: the port times out, with VPN images (kill switch) or firewalld inside a systemd image.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.rules._by_owner import RULE_STOPS, by_owner
from hairpin.message import message

CAUSE = Cause(
    id="container-own-firewall",
    title="The container's own firewall drops the flow",
    source="the image's documentation",
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

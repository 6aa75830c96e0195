"""Docker 28 drops packets for a container's own address that do not come in by its bridge.

Users see: since the upgrade, peers that route to container addresses time out.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.rules._by_owner import RULE_STOPS, by_owner
from hairpin.message import message

CAUSE = Cause(
    id="raw-drop-direct-routing",
    title="Docker drops direct access to container addresses",
    source="moby: daemon/libnetwork/drivers/bridge (28.0)",
    reasons=RULE_STOPS,
    find=by_owner(
        "raw-direct",
        in_class="dropping-rule",
        title=message("Docker drops packets sent directly to a container's address"),
        detail=message("Since version 28 Docker protects container addresses in raw PREROUTING: {rule}"),
        advice=(
            message(
                "recreate the network with trusted_host_interfaces, set allow-direct-routing, or use a published port"
            ),
        ),
    ),
)

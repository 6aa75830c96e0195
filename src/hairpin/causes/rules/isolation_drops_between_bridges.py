"""Docker's isolation rules drop packets from one network's bridge to another's.

Users see: a container of one network cannot reach a container of another.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.rules._by_owner import RULE_STOPS, by_owner
from hairpin.message import message

CAUSE = Cause(
    id="isolation-drops-between-bridges",
    title="Docker's isolation between networks",
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    reasons=RULE_STOPS,
    find=by_owner(
        "isolation",
        in_class="separation",
        title=message("Docker isolates its networks from each other"),
        detail=message(
            "The packet came from {iif} and would leave by {oif}; {rule} drops it. This is Docker's design."
        ),
        both_ways=True,
        advice=(
            message("join both containers to one network (docker network connect) rather than opening the isolation"),
        ),
    ),
)

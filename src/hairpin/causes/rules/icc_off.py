"""Containers of one network may not talk to each other (inter-container communication is off).

Users see: containers of one network cannot talk; published ports still answer.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.rules._by_owner import RULE_STOPS, by_owner
from hairpin.message import message

CAUSE = Cause(
    id="icc-off",
    title="Inter-container communication is off",
    source="docs.docker.com: com.docker.network.bridge.enable_icc",
    reasons=RULE_STOPS,
    find=by_owner(
        "icc",
        in_class="separation",
        title=message("Containers on {link} may not talk to each other"),
        detail=message("The rule drops what goes from the bridge back into it: {rule}"),
    ),
)

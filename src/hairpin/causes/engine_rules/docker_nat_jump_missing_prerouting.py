"""Nat PREROUTING does not jump to the engine's chain, so its DNAT rules are never evaluated.

Users see: outside clients time out or reach docker-proxy, and the counter of every DNAT rule stays 0.

Proof: nat PREROUTING has no jump to the engine's chain.  With the jump the packet is translated.
Now: restore the jump.
Lasting: nothing has to be saved, because dockerd writes its rules at each start.  Find the program that removed the
jump.
"""

from hairpin.causes.engine_rules._lost_rules import UNTRANSLATED, by_loss, jumps_from
from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("The jump from nat PREROUTING to the engine's chain is missing"),
    source="moby: libnetwork/iptables/iptables.go ProgramChain()",
    reasons=UNTRANSLATED,
    find=by_loss(
        "nat",
        lambda part: not part.chains and bool(jumps_from(part, "PREROUTING")),
        message("Nothing jumps from nat PREROUTING to Docker's DOCKER chain"),
        message(
            "Packets from outside never reach the DNAT rules in nat DOCKER. If a container is started now, its own "
            "DNAT rule is added without any error, and the jump stays missing."
        ),
    ),
)

"""Nat OUTPUT does not jump to the engine's chain, so the host's own packets to a published port are not translated.

Users see: the host cannot reach its own published port, but outside clients can.

Proof: nat OUTPUT has no jump to the engine's chain.  With the jump the host's own packet is translated.
Now: restore the jump.
Lasting: nothing has to be saved, because dockerd writes its rules at each start.  Find the program that removed the
jump.
"""

from hairpin.causes.engine_rules._lost_rules import UNTRANSLATED, by_loss, jumps_from
from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("The jump from nat OUTPUT to the engine's chain is missing"),
    source="moby: libnetwork/iptables/iptables.go ProgramChain()",
    reasons=UNTRANSLATED,
    find=by_loss(
        "nat",
        lambda part: not (part.chains or jumps_from(part, "PREROUTING")) and bool(jumps_from(part, "OUTPUT")),
        message("Nothing jumps from nat OUTPUT to Docker's DOCKER chain"),
        message("Packets that start on this host and are addressed to a published port are not translated."),
    ),
)

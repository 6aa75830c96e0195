"""Nat OUTPUT does not jump to the engine's chain, so the host's own packets to a published port are not translated.

Users see: the host cannot reach its own published port; outside clients can.

Proof: nat OUTPUT has no jump to the engine's chain; with it the host's own packet is translated.
Now: put the jump back.
Lasting: nothing to save: dockerd writes its rules at each start; find what removed it.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine_rules._lost_rules import candidate, jumps_from, lost
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the jump from OUTPUT is missing and the one from PREROUTING is there."""
    for each in lost(view):
        part = each.in_table("nat")
        if part.chains or jumps_from(part, "PREROUTING") or not jumps_from(part, "OUTPUT"):
            continue
        yield candidate(
            view,
            part,
            message("Nothing jumps from nat OUTPUT to Docker's DOCKER chain"),
            message("Packets that start on this host and are addressed to a published port are not translated."),
        )


CAUSE = Cause(
    id="docker-nat-jump-missing-output",
    title=message("The jump from nat OUTPUT to the engine's chain is missing"),
    source="moby: libnetwork/iptables/iptables.go ProgramChain()",
    reasons=frozenset({"rule", "policy", "reject", "no-listener", "never-accepts", "wrong-answer"}),
    find=find,
)

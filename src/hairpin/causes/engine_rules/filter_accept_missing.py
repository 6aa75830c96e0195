"""The rule that accepts packets for a container's published port is missing.

Users see: one container of many times out; its DNAT rule counts packets, FORWARD drops them.

Proof: no rule accepts packets for this container's port, and FORWARD drops them; with the rule the flow arrives.
Now: put the engine's rule back.
Lasting: nothing to save: dockerd writes its rules at each start; find what removed it.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine_rules._lost_rules import candidate, jumps_from, lost
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when ACCEPT rules are missing while the chains and the jumps to them are there."""
    for each in lost(view):
        part = each.in_table("filter")
        if part.chains or jumps_from(part, "FORWARD") or not part.of("accept", "outgoing", "icc"):
            continue
        names = ", ".join(dict.fromkeys(rule.container or rule.network or "" for rule in part.rules))
        yield candidate(
            view,
            part,
            message("Docker's ACCEPT rule for {names} is missing from the filter table", names=names),
            message("FORWARD has nothing that accepts these packets, so its policy or a later rule drops them."),
        )


CAUSE = Cause(
    id="filter-accept-missing",
    title=message("The engine's accept rule for a container is missing"),
    source="moby: libnetwork/drivers/bridge/port_mapping_linux.go",
    reasons=frozenset({"policy", "rule", "reject"}),
    find=find,
)

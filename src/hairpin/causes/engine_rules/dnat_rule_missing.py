"""The DNAT rule of one published port is missing; chain and jumps are there.

Users see: one container of many is not reached from outside, or only through docker-proxy.

Proof: the engine says that the port is published, and no rule translates it; with the rule the flow arrives.
Now: put the engine's rule back.
Lasting: nothing to save: dockerd writes its rules at each start; find what removed it.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine_rules._lost_rules import candidate, jumps_from, lost
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when DNAT rules are missing while the chain and the jump to it are there."""
    for each in lost(view):
        part = each.in_table("nat")
        if part.chains or jumps_from(part, "PREROUTING") or not part.of("dnat"):
            continue
        ports = ", ".join(
            f"{rule.binding.host_port}/{rule.binding.protocol}" for rule in part.of("dnat") if rule.binding is not None
        )
        yield candidate(
            view,
            part,
            message("The DNAT rule of published port {ports} is missing", ports=ports),
            message(
                "Docker says that the port is published, but nat DOCKER has no rule that translates it to its "
                "container."
            ),
        )


CAUSE = Cause(
    id="dnat-rule-missing",
    title=message("A published port's DNAT rule is missing"),
    source="moby: libnetwork/drivers/bridge/port_mapping_linux.go",
    reasons=frozenset({"rule", "policy", "reject", "no-listener", "never-accepts", "wrong-answer"}),
    find=find,
)

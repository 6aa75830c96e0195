"""The rule that accepts packets for a container's published port is missing.

Users see: connections to one of several containers time out.  The DNAT rule of this container counts packets, and
FORWARD drops these packets.

Proof: no rule accepts packets for this container's port, and FORWARD drops these packets.  With the rule the flow
arrives.
Now: restore the engine's rule.
Lasting: nothing has to be saved, because dockerd writes its rules at each start.  Find the program that removed the
rule.
"""

from hairpin.causes.engine_rules._lost_rules import Lost, by_loss, jumps_from
from hairpin.causes.kit import RULE_STOPS, Cause, Message, message


def _title(part: Lost) -> Message:
    names = ", ".join(dict.fromkeys(rule.container or rule.network or "" for rule in part.rules))
    return message("Docker's ACCEPT rule for {names} is missing from the filter table", names=names)


CAUSE = Cause(
    title=message("The engine's accept rule for a container is missing"),
    source="moby: libnetwork/drivers/bridge/port_mapping_linux.go",
    reasons=RULE_STOPS,
    find=by_loss(
        "filter",
        lambda part: not (part.chains or jumps_from(part, "FORWARD")) and bool(part.of("accept", "outgoing", "icc")),
        _title,
        message("FORWARD has nothing that accepts these packets, so its policy or a later rule drops them."),
    ),
)

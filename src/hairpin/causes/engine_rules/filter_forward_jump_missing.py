"""FORWARD does not jump to the engine's chains, so their rules are never evaluated.

Users see: all published ports time out from outside after a person or program flushed FORWARD.

Proof: FORWARD has no jump to the engine's chains, and FORWARD drops the packet.  With the jumps the flow arrives.
Now: restore the jumps.
Lasting: nothing has to be saved, because dockerd writes its rules at each start.  Find the program that removed the
jumps.
"""

from hairpin.causes.engine_rules._lost_rules import Lost, by_loss, jumps_from
from hairpin.causes.kit import RULE_STOPS, Cause, Message, message


def _detail(part: Lost) -> Message:
    return message(
        "Docker's chains are there, but FORWARD has no rule that leads this packet to its chain: {rules}. A "
        "later rule of FORWARD or its policy decides.",
        rules="; ".join(each.rule.text for each in jumps_from(part, "FORWARD")),
    )


CAUSE = Cause(
    title=message("The jumps from FORWARD to the engine's chains are missing"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    reasons=RULE_STOPS,
    find=by_loss(
        "filter",
        lambda part: not part.chains and bool(jumps_from(part, "FORWARD")),
        message("FORWARD no longer jumps to Docker's chains"),
        _detail,
    ),
)

"""The RELATED,ESTABLISHED rule, which lets replies back to the containers, is missing.

Users see: containers get no reply from the outside, although their requests leave.

Proof: no rule accepts RELATED,ESTABLISHED packets into the bridge, and FORWARD drops these packets.  With the rule the
reply arrives.
Now: restore the engine's rule.
Lasting: nothing has to be saved, because dockerd writes its rules at each start.  Find the program that removed the
rule.
"""

from hairpin.causes.engine_rules._lost_rules import by_loss, jumps_from
from hairpin.causes.kit import RULE_STOPS, Cause, message

CAUSE = Cause(
    title=message("The engine's rule that accepts answers is missing"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    reasons=RULE_STOPS,
    find=by_loss(
        "filter",
        lambda part: (
            not (part.chains or jumps_from(part, "FORWARD") or part.of("accept")) and bool(part.of("ct-state"))
        ),
        message("Docker's RELATED,ESTABLISHED rule is missing from the filter table"),
        message("Answers to the containers' own requests are not accepted on their way back into the bridge."),
    ),
)

"""The DNAT rule for one published port is missing, although its chain and the jumps to the chain exist.

Users see: clients outside do not reach one of several containers, or reach it only through docker-proxy.

Proof: the engine says that the port is published, and no rule translates packets to it.  With the rule the flow
arrives.
Now: restore the engine's rule.
Lasting: nothing has to be saved, because dockerd writes its rules at each start.  Find the program that removed the
rule.
"""

from hairpin.causes.engine_rules._lost_rules import UNTRANSLATED, Lost, by_loss, jumps_from
from hairpin.causes.kit import Cause, Message, message


def _title(part: Lost) -> Message:
    bindings = (rule.binding for rule in part.of("dnat") if rule.binding is not None)
    ports = ", ".join(f"{each.host_port}/{each.protocol}" for each in bindings)
    return message("The DNAT rule of published port {ports} is missing", ports=ports)


CAUSE = Cause(
    title=message("A published port's DNAT rule is missing"),
    source="moby: libnetwork/drivers/bridge/port_mapping_linux.go",
    reasons=UNTRANSLATED,
    find=by_loss(
        "nat",
        lambda part: not (part.chains or jumps_from(part, "PREROUTING")) and bool(part.of("dnat")),
        _title,
        message(
            "Docker says that the port is published, but nat DOCKER has no rule that translates it to its container."
        ),
    ),
)

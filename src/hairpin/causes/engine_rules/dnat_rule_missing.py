"""The DNAT rule of one published port is missing; chain and jumps are there.

Users see: one container of many is not reached from outside, or only through docker-proxy.

Proof: the engine says that the port is published, and no rule translates it; with the rule the flow arrives.
Now: put the engine's rule back.
Lasting: nothing to save: dockerd writes its rules at each start; find what removed it.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.engine_rules._lost_rules import UNTRANSLATED, Lost, by_loss, jumps_from
from hairpin.message import Message, message


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

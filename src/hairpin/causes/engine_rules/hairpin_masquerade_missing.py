"""The MASQUERADE rules are missing for packets that the host or a container sends to a container's published port on
its own bridge.

Users see, with the userland proxy off: connections to 127.0.0.1:PORT on the host hang, or a container cannot reach its
own port by the host's address.

Proof: no rule masquerades packets that return to the bridge from which they came.  With the rule the reply is
translated back.
Now: restore the engine's rule.
Lasting: nothing has to be saved, because dockerd writes its rules at each start.  Find the program that removed the
rule.
"""

from hairpin.causes.engine_rules._lost_rules import Lost, by_loss, jumps_from
from hairpin.causes.kit import Cause, message
from hairpin.engines.missing import is_flushed

_PURPOSES = ("local-masquerade", "hairpin-masquerade")


def _lacks(part: Lost) -> bool:
    """Return whether the MASQUERADE rules are missing while the engine's chains and the jumps to them exist.  If a
    flush deleted the jumps as well, no rule translates the packet, so the packet does not return to its bridge."""
    untranslated = is_flushed(part.missing) and (jumps_from(part, "PREROUTING") or jumps_from(part, "OUTPUT"))
    return bool(part.of(*_PURPOSES)) and not (part.chains or untranslated)


CAUSE = Cause(
    title=message("Hairpin masquerade is missing"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go (userland-proxy=false)",
    shown_by=(
        "sudo iptables-save -t nat; bridge -d link",
        message("no MASQUERADE rule matches packets that a container sends to itself by the published address"),
    ),
    reasons=frozenset({"wrong-answer", "martian-source", "martian-destination", "hairpin-off", "rule", "policy"}),
    find=by_loss(
        "nat",
        _lacks,
        message("The MASQUERADE rules for packets that come back to their own bridge are missing"),
        message(
            "The packet is translated to a container on the bridge that it came from, or it starts at 127.0.0.1. "
            "Without these rules it keeps its source address. The container answers this address directly, so the "
            "answer is never translated back."
        ),
        rules_of=_PURPOSES,
        in_class="lost-hairpin-masquerade",
    ),
)

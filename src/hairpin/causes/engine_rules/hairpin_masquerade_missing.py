"""The MASQUERADE rules for packets that the host, or the container itself, sends into the bridge are missing.

Users see, with the userland proxy off: 127.0.0.1:PORT on the host hangs, or a container cannot reach its own port by
the host's address.

Proof: no rule masquerades packets that return to their own bridge; with it the reply is translated back.
Now: put the engine's rule back.
Lasting: nothing to save: dockerd writes its rules at each start; find what removed it.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine_rules._lost_rules import Lost, candidate, jumps_from, losses
from hairpin.engines.missing import is_flushed
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when one of these rules is missing."""
    for each in losses(view):
        part = each.in_table("nat")
        rules = part.of("local-masquerade", "hairpin-masquerade")
        if not rules or part.chains or _is_never_translated(part):
            continue
        yield candidate(
            view,
            msgspec.structs.replace(part, chains=(), rules=rules),
            message("The MASQUERADE rules for packets that come back to their own bridge are missing"),
            message(
                "A packet that is translated to a container on the bridge that it came from, or that starts at "
                "127.0.0.1, "
                "keeps a source address that the container answers directly: the answer is never translated back."
            ),
            in_class="lost-hairpin-masquerade",
        )


def _is_never_translated(part: Lost) -> bool:
    """Return whether a flush took the jumps, too: a packet that no rule translates does not come back to its bridge."""
    return is_flushed(part.missing) and bool(jumps_from(part, "PREROUTING") or jumps_from(part, "OUTPUT"))


CAUSE = Cause(
    title=message("Hairpin masquerade is missing"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go (userland-proxy=false)",
    reasons=frozenset({"wrong-answer", "martian-source", "martian-destination", "hairpin-off", "rule", "policy"}),
)

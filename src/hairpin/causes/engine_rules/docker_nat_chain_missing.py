"""The engine's chain in the nat table is gone, so published ports are not translated and ``docker run -p`` fails.

Users see: connections from outside time out or are reset, and the next ``docker run`` fails with "No chain/target/match
by that name".

Proof: the engine's chain is missing from the nat table.  With the chain, its rules and the jumps to it, the flow
arrives.
Now: restore the engine's chain, with its rules and the jumps to it.
Lasting: nothing has to be saved, because dockerd writes its rules at each start.  Find the program that removed the
chain.
"""

from hairpin.causes.engine_rules._lost_rules import UNTRANSLATED, by_loss
from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("The engine's nat chain is missing"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    shown_by=("sudo iptables-save", message("table nat has no chain DOCKER")),
    reasons=frozenset(
        {"source-not-translated", "martian-destination", "route-localnet", "start-refused", *UNTRANSLATED}
    ),
    find=by_loss(
        "nat",
        lambda part: bool(part.chains),
        message("Docker's DOCKER chain in the nat table is gone"),
        message(
            "Somebody removed the chain while dockerd ran. Published ports are no longer translated to their "
            'containers, and the next `docker run -p` fails with "No chain/target/match by that name".'
        ),
    ),
)

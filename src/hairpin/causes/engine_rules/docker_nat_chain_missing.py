"""The engine's chain in the nat table is gone: published ports are not translated, ``docker run -p`` fails.

Users see: timeouts or resets from outside; "No chain/target/match by that name" at the next ``docker run``.

Proof: the engine's chain of the nat table is not there; with it, its jumps and rules the flow arrives.
Now: put the engine's chain, its jumps and rules back.
Lasting: nothing to save: dockerd writes its rules at each start; find what removed them.
"""

from hairpin.causes.cause import Cause
from hairpin.causes.engine_rules._lost_rules import UNTRANSLATED, by_loss
from hairpin.message import message

CAUSE = Cause(
    title=message("The engine's nat chain is missing"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
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

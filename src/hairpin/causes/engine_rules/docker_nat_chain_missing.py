"""The engine's chain in the nat table is gone: published ports are not translated, ``docker run -p`` fails.

Users see: timeouts or resets from outside; "No chain/target/match by that name" at the next ``docker run``.

Proof: the engine's chain of the nat table is not there; with it, its jumps and rules the flow arrives.
Now: put the engine's chain, its jumps and rules back.
Lasting: nothing to save: dockerd writes its rules at each start; find what removed them.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine_rules._lost_rules import UNTRANSLATED, candidate, losses
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the nat table lacks the engine's chain."""
    for each in losses(view):
        part = each.in_table("nat")
        if not part.chains:
            continue
        yield candidate(
            view,
            part,
            message("Docker's DOCKER chain in the nat table is gone"),
            message(
                "Somebody removed the chain while dockerd ran. Published ports are no longer translated to their "
                'containers, and the next `docker run -p` fails with "No chain/target/match by that name".'
            ),
        )


CAUSE = Cause(
    title=message("The engine's nat chain is missing"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    reasons=frozenset(
        {"source-not-translated", "martian-destination", "route-localnet", "start-refused", *UNTRANSLATED}
    ),
)

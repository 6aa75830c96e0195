"""The engine's chains in the filter table are gone, while the FORWARD policy stays DROP.

Users see: clients outside time out, and the next ``docker run`` fails with "No chain/target/match by that name".

Proof: chains that this version of the engine makes are missing from the filter table.  With these chains the flow
arrives.
Now: restore the engine's chains, with their rules and the jumps to them.
Lasting: nothing has to be saved, because dockerd writes its rules at each start.  Find the program that removed the
chains.
"""

from hairpin.causes.engine_rules._lost_rules import candidate, losses
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, View, message


def find(view: View) -> Iterator[Candidate]:
    for each in losses(view):
        part = each.in_table("filter")
        if not part.chains or (view.stop.reason == "start-refused" and each.in_table("nat").chains):
            continue
        yield candidate(
            view,
            part,
            message("Docker's chains in the filter table are gone"),
            message(
                "Missing: {chains}. FORWARD has nothing left that accepts the containers' packets, and the next "
                '`docker run` fails with "No chain/target/match by that name".',
                chains=", ".join(one.chain for one in part.chains),
            ),
        )


CAUSE = Cause(
    title=message("The engine's filter chains are missing"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    shown_by=("sudo iptables-save", message("FORWARD has no rules of Docker")),
    reasons=frozenset({"start-refused", *RULE_STOPS}),
)

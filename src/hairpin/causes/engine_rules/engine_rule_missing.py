"""A rule that dockerd makes is gone, and no other cause is about that rule.

Users see: one way to a container fails, often only from another container, while its port works for everybody else.

Proof: dockerd of this version makes the rule for the networks and containers that it lists, and the table lacks it;
with the rule the flow arrives.
Now: put the rule back where dockerd puts it.
Lasting: nothing to save: dockerd writes its rules at each start; find what removed it.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine_rules._lost_rules import candidate, losses
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each table of the flow's family that lacks engine rules, whatever stopped the packet."""
    for each in losses(view):
        for table in dict.fromkeys(rule.table for rule in each.rules):
            part = each.in_table(table)
            title = message(
                "Docker's rules are missing from the table {table}: {rules}", table=table, rules=len(part.rules)
            )
            yield candidate(
                view, part, title, message("The engine makes them for the networks and containers it lists.")
            )


CAUSE = Cause(
    title=message("A rule of the engine is missing"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    general=True,
)

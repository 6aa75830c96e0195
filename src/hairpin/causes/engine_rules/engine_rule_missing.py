"""A rule that dockerd makes is gone, and no special cause is about this rule.

Users see: one kind of client, often another container, cannot reach a container's port, while the port works for all
other clients.

Proof: this version of dockerd makes the rule for its networks and containers, and the table lacks the rule.  With the
rule the flow arrives.
Now: restore the rule at the position at which dockerd inserts it.
Lasting: nothing has to be saved, because dockerd writes its rules at each start.  Find the program that removed the
rule.
"""

from hairpin.causes.engine_rules._lost_rules import candidate, losses
from hairpin.causes.kit import Candidate, Cause, Iterator, View, message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each table of the flow's family that lacks engine rules, whatever stopped the packet."""
    for each in losses(view):
        for table in dict.fromkeys(rule.table for rule in each.rules):
            part = each.in_table(table)
            title = message(
                "Docker's rules are missing from the table {table}: {rules}", table=table, rules=len(part.rules)
            )
            yield candidate(
                view,
                part,
                title,
                message("The engine makes these rules for the networks and containers that it lists."),
            )


CAUSE = Cause(
    title=message("A rule of the engine is missing"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    general=True,
)

"""Containers leave with their own addresses: the MASQUERADE rule of their network is missing.

Users see: no way out of containers (names fail first); published ports still answer; the next node drops the packets.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine_rules._lost_rules import candidate, lost
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the engine's masquerade rules are missing."""
    for each in lost(view):
        part = each.in_table("nat")
        rules = part.of("masquerade")
        if not rules:
            continue
        narrow = msgspec.structs.replace(part, chains=(), rules=rules)
        subnets = ", ".join(dict.fromkeys(rule.network or "" for rule in rules))
        yield candidate(
            view,
            narrow,
            message("MASQUERADE is missing for network {networks}", networks=subnets),
            message(
                "Packets from its containers leave this host with the containers' own addresses, to which "
                "nobody outside "
                "knows a way back (and which other hosts' firewalls drop)."
            ),
            in_class="lost-masquerade",
        )


CAUSE = Cause(
    id="masquerade-missing",
    title="Container addresses are not masqueraded",
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    reasons=frozenset({"source-not-translated", "peer-drops"}),
    find=find,
)

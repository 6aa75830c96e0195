"""The MASQUERADE rule of a network is missing: packets leave the host with the containers' addresses.

Users see: containers cannot connect to the outside (DNS fails first); published ports still work.

Proof: the packet leaves the host with the container's own address, and no host outside has a route back; masqueraded,
the reply comes.
Now: put the engine's MASQUERADE rule back.
Lasting: nothing to save: dockerd writes its rules at each start; find what removed it.
"""

from collections.abc import Iterator

import msgspec

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.engine_rules._lost_rules import candidate, losses
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when a MASQUERADE rule of a network is missing."""
    for each in losses(view):
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
                "no host outside has a route back (and which other hosts' firewalls drop)."
            ),
            in_class="lost-masquerade",
        )


CAUSE = Cause(
    title=message("Container addresses are not masqueraded"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    reasons=frozenset({"source-not-translated", "peer-drops"}),
)

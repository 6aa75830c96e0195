"""The MASQUERADE rule of a network is missing, so packets leave the host with the containers' addresses.

Users see: containers cannot connect to the outside (DNS fails first), while published ports still work.

Proof: the packet leaves the host with the container's own address, and no host outside has a route back.  With the rule
the reply comes back.
Now: restore the engine's MASQUERADE rule.
Lasting: nothing has to be saved, because dockerd writes its rules at each start.  Find the program that removed the
rule.
"""

from hairpin.causes.engine_rules._lost_rules import Lost, by_loss
from hairpin.causes.kit import Cause, Message, message


def _title(part: Lost) -> Message:
    subnets = ", ".join(dict.fromkeys(rule.network or "" for rule in part.rules))
    return message("MASQUERADE is missing for network {networks}", networks=subnets)


CAUSE = Cause(
    title=message("Container addresses are not masqueraded"),
    source="moby: libnetwork/drivers/bridge/setup_ip_tables_linux.go",
    shown_by=("sudo iptables-save", message("nat POSTROUTING has no MASQUERADE for the network")),
    reasons=frozenset({"source-not-translated", "peer-drops"}),
    find=by_loss(
        "nat",
        lambda part: bool(part.of("masquerade")),
        _title,
        message(
            "Packets from its containers leave this host with the containers' own addresses. No host outside has a "
            "route back to these addresses, and firewalls of other hosts drop such packets."
        ),
        rules_of=("masquerade",),
        in_class="lost-masquerade",
    ),
)

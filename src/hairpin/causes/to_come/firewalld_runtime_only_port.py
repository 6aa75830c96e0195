"""firewalld's runtime configuration opens the port, and firewalld's files do not.

Users see: the port worked until ``firewall-cmd --reload``, a restart of firewalld, or a reboot.

Proof: hairpin loads the files into the model of the host.  The zone's chain accepts the packet now, and stops it after
the event.
Now: nothing has to be done, because no flow fails yet.
Lasting: run ``firewall-cmd --permanent`` with the same options, or ``firewall-cmd --runtime-to-permanent``.
"""

from hairpin.causes.kit import Cause, Coming, message
from hairpin.causes.opening import lost_rules
from hairpin.causes.to_come._coming import OF_FIREWALLD
from hairpin.firewalls.chain_owner import is_firewallds


def foresees(coming: Coming) -> bool:
    by_files = (*OF_FIREWALLD, "reboot")
    return (
        coming.event in by_files
        and coming.found.id in _OF_ZONES
        and any(is_firewallds(each) for each in lost_rules(coming))
    )


_OF_ZONES = (
    "firewalld-zone-blocks-port", "input-drops-host-service", "input-chain-drops-proxied-traffic",
    "firewalld-bridge-in-wrong-zone",
)  # fmt: skip


CAUSE = Cause(
    title=message("A port stays open in firewalld only until firewalld's next reload"), source="firewall-cmd(1)"
)

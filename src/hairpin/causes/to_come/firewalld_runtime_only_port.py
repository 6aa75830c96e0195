"""firewalld lets the port in at run time, and its files do not say so.

Users see: it worked until ``firewall-cmd --reload``, a restart of firewalld, or the reboot.

Proof: the files are loaded into the model of the host; the zone's chain then stops the packet that it lets through now.
Now: nothing fails yet.
Lasting: ``firewall-cmd --permanent`` with the same words, or ``firewall-cmd --runtime-to-permanent``.
"""

from hairpin.causes.cause import Cause, Coming
from hairpin.causes.losing import lost_rules
from hairpin.causes.to_come._coming import OF_FIREWALLD
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place


def foresees(coming: Coming) -> bool:
    """Return whether the event brings this cause."""
    by_files = (*OF_FIREWALLD, "reboot")
    return (
        coming.event in by_files
        and coming.found.id in _OF_ZONES
        and any(_is_zones(each) for each in lost_rules(coming))
    )


_OF_ZONES = (
    "firewalld-zone-blocks-port", "input-drops-host-service", "input-chain-drops-proxied-traffic",
    "firewalld-bridge-in-wrong-zone",
)  # fmt: skip


def _is_zones(place: Place) -> bool:
    return place.table == "firewalld" or place.chain.startswith(("IN_", "FWDI_", "FWDO_", "FWD_", "PRE_", "POST_"))


CAUSE = Cause(title=message("A port is open in firewalld only until its next reload"), source="firewall-cmd(1)")

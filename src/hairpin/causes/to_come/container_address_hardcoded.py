"""A rule of somebody's own leads to, or allows, the address that a container has today.

Users see: it worked until the container was restarted or made anew: it has another address since.

Proof: the event is carried out on the model of the host; the container has another address then, and the packet goes
where the old one was.
Now: nothing fails yet.
Lasting: publish the port instead, or give the container an address of its own (``--ip``).
"""

import re

from hairpin.causes.cause import Cause, Coming
from hairpin.causes.to_come._coming import stopping_rule
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.prefix import address_text


def foresees(coming: Coming) -> bool:
    """Return whether this is what the event brings."""
    rule = stopping_rule(coming)
    moved = _addresses(coming.host) - _addresses(coming.host_then)
    stale = coming.cause in ("dnat-rule-stale-address", "dnat-rule-shadowed")
    return bool(moved) and (stale or (rule is not None and any(_names(rule.text, each) for each in moved)))


def _addresses(host: Host) -> frozenset[str]:
    ends = (each for container in host.containers() for each in container.endpoints)
    return frozenset(address_text(each.ipv4, 4) for each in ends if each.ipv4 is not None)


def _names(text: str, address: str) -> bool:
    return re.search(rf"(?<![\d.]){re.escape(address)}(?![\d.])", text) is not None


CAUSE = Cause(
    id="container-address-hardcoded",
    title=message("A rule names an address that the container has only until its next start"),
    source="docker-run(1) --ip; portainer/portainer#2874",
    foresees=foresees,
)

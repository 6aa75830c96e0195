"""A rule that a person wrote leads to, or allows, the address that a container has today.

Users see: the port worked until the container was restarted or recreated and got another address.

Proof: hairpin simulates the event on the model of the host.  The container has another address then, and the packet
goes to the old address.
Now: nothing has to be done, because no flow fails yet.
Lasting: publish the port instead, or give the container a fixed address (``--ip``).
"""

import re

from hairpin.causes.kit import Cause, Coming, Host, Iterator, message
from hairpin.causes.opening import rules_on_the_way
from hairpin.causes.to_come._coming import stopping_rule
from hairpin.host.docker import Container
from hairpin.network.prefix import address_text
from hairpin.programs import CHAINS_OF_PODMAN


def foresees(coming: Coming) -> bool:
    left = frozenset(_left(coming.host, coming.host_then))
    rule = stopping_rule(coming)
    if not left or rule is None:
        return bool(left) and coming.found.id in _STALE
    # The rule that will stop the packet, or a rule that accepts the packet today, names the container's old address.
    # Podman's back ends make their chains again with the container's new address.
    told = (each for each in (rule, *rules_on_the_way(coming)) if not each.chain.startswith(CHAINS_OF_PODMAN))
    return coming.found.id in _STALE or any(_names(each.text, address) for each in told for address in left)


_STALE = ("dnat-rule-stale-address", "dnat-rule-shadowed")


def _left(was: Host, then: Host) -> Iterator[str]:
    """Yield the present addresses of the containers that will have other addresses after the event."""
    for container in was.containers():
        after = then.container(container.name)
        if after is not None and after.running:
            yield from _addresses(container) - _addresses(after)


def _addresses(container: Container) -> frozenset[str]:
    return frozenset(address_text(each.ipv4, 4) for each in container.endpoints if each.ipv4 is not None)


def _names(text: str, address: str) -> bool:
    return re.search(rf"(?<![\d.]){re.escape(address)}(?![\d.])", text) is not None


CAUSE = Cause(
    title=message("A rule names an address that a container keeps only until its next start"),
    source="docker-run(1) --ip; portainer/portainer#2874",
)

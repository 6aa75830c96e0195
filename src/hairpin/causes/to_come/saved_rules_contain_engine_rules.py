"""The saved file was written while the engine ran: it brings back rules of containers that have other addresses now.

Users see: after the boot a published port leads to another container, or nowhere; rules of the engine stand twice.

Proof: the file is loaded into the model of the host; the packet then meets a rule of the engine's form out of the file,
and without that rule it goes on.
Now: nothing fails yet.
Lasting: take the engine's chains and rules out of the file; save the host's own rules alone.
"""

import re

from hairpin.causes.cause import Cause, Coming
from hairpin.causes.to_come._coming import stopping_rule
from hairpin.message import message


def foresees(coming: Coming) -> bool:
    """Return whether this is what the event brings."""
    rule = stopping_rule(coming)
    loads = coming.event in ("reboot", "saved-rules-restore")
    return (
        loads and rule is not None and bool(rule.number) and _OF_ENGINE.search(f"{rule.chain} {rule.text}") is not None
    )


_OF_ENGINE = re.compile(r"\b(?:DOCKER|NETAVARK|CNI-)|(?:br-[0-9a-f]{12}|docker0|podman\d)\b")


CAUSE = Cause(
    id="saved-rules-contain-engine-rules",
    title=message("The saved rules hold an engine's rules of another day"),
    source="iptables-save(8); moby/moby#20217",
    foresees=foresees,
)

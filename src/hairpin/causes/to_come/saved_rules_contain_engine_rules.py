"""The saved file was written while the engine ran: it brings back rules of containers that have other addresses now.

Users see: after the boot a published port leads to another container, or nowhere; rules of the engine stand twice.

Proof: the file is loaded into the model of the host; the packet then meets a rule of the engine's form out of the file,
and without that rule it goes on.
Now: nothing fails yet.
Lasting: take the engine's chains and rules out of the file; save the host's own rules alone.
"""

from hairpin.causes.cause import Cause, Coming
from hairpin.causes.to_come._coming import engine_rule_of_the_file
from hairpin.message import message


def foresees(coming: Coming) -> bool:
    """Return whether the event brings this cause."""
    rule = engine_rule_of_the_file(coming)
    return coming.event in ("reboot", "saved-rules-restore") and rule is not None and bool(rule.number)


CAUSE = Cause(
    title=message("The saved rules contain an engine's rules from an earlier time"),
    source="iptables-save(8); moby/moby#20217",
)

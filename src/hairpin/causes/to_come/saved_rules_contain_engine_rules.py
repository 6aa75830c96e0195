"""The saved file was written while the engine ran, so it restores rules of containers that have other addresses now.

Users see: after a boot a published port leads to another container, or to no container, and rules of the engine exist
twice.

Proof: hairpin loads the file into the model of the host.  A rule from the file that has the form of an engine's rule
then stops or misdirects the packet, and without this rule the packet passes.
Now: nothing has to be done, because no flow fails yet.
Lasting: remove the engine's chains and rules from the file, and save only the host's own rules.
"""

from hairpin.causes.kit import Cause, Coming, message
from hairpin.causes.to_come._coming import engine_rule_of_the_file


def foresees(coming: Coming) -> bool:
    rule = engine_rule_of_the_file(coming)
    return coming.event in ("reboot", "saved-rules-restore") and rule is not None and bool(rule.number)


CAUSE = Cause(
    title=message("The saved rules contain an engine's rules from an earlier time"),
    source="iptables-save(8); moby/moby#20217",
)

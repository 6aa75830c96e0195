"""A rule on the packet's way was added by hand: no file, no program and no engine makes it again.

Users see: it worked until the reboot, or until the firewall was reloaded.

Proof: the event is carried out on the model of the host; the rule by which the packet passes now is gone then, and the
packet is stopped.
Now: nothing fails yet.
Lasting: the rule in the file that this host's firewall loads.
"""

from collections.abc import Iterator

from hairpin.causes.cause import AskedFlows, Cause, Finding
from hairpin.causes.losing import lost_rules
from hairpin.causes.opening import opened_by_events
from hairpin.causes.to_come._coming import loses_engine_rules
from hairpin.message import message

CAUSE = Cause(
    title=message("A rule is there only until the rules are loaded again"),
    source="iptables-save(8), nft(8)",
    foresees=lambda coming: (
        coming.found.candidate.in_class != "switched-off"
        and not loses_engine_rules(coming)
        and any(True for _ in lost_rules(coming))
    ),
)


def of_flows(asked: AskedFlows) -> Iterator[Finding]:
    """Yield users' own rules that no longer keep clients out after an event."""
    advice = message("if they are meant to stay out, write the rule where this host's firewall loads its rules")
    return opened_by_events(asked, advice, of_engine=False)

"""A person added a rule on the packet's path, and no file, program or engine makes the rule again.

Users see: the port worked until the host was rebooted or the firewall was reloaded.

Proof: hairpin simulates the event on the model of the host.  The rule that accepts the packet now is gone after the
event, and the packet is stopped.
Now: nothing has to be done, because no flow fails yet.
Lasting: write the rule into the file that this host's firewall loads.
"""

from hairpin.causes.kit import AskedFlows, Cause, Finding, Iterator, message
from hairpin.causes.opening import lost_rules, opened_by_events
from hairpin.causes.to_come._coming import loses_engine_rules

CAUSE = Cause(
    title=message("A rule exists only until the rules are loaded again"),
    source="iptables-save(8), nft(8)",
    foresees=lambda coming: (
        coming.found.candidate.in_class != "switched-off"
        and not loses_engine_rules(coming)
        and any(True for _ in lost_rules(coming))
    ),
)


def of_flows(asked: AskedFlows) -> Iterator[Finding]:
    """Yield one finding for each user's rule that no longer keeps clients out after an event."""
    advice = message(
        "if these clients are meant to stay out, write the rule into the file from which this host's firewall loads "
        "its rules"
    )
    return opened_by_events(asked, advice, of_engine=False)

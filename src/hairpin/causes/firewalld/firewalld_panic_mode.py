"""firewalld is in panic mode, or could not load its rules.  firewalld then drops all packets, whatever its zones and
rules are.

Users see: all connections time out at once, including ssh, the host's own requests and all containers.

Proof: a chain of firewalld's table ``firewalld_policy_drop`` drops the packet.  Without this table the packet passes.
Now: ``firewall-cmd --panic-off``.  If firewalld could not load its rules, ``firewall-cmd --reload`` tells the reason.
Lasting: nothing has to be done, because firewalld stores panic mode in no file.
"""

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, View, Way, message
from hairpin.causes.rules._rule_owner import stopped_by
from hairpin.change.calls import SetPanicMode
from hairpin.change.change import Change, ReplaceTable
from hairpin.host.managers import PANIC_TABLE

_PANIC_CHAINS = ("raw_prerouting", "raw_output")
"""The chains in which panic mode drops packets.  While firewalld cannot load its rules, other chains of the same table
drop packets.

Source: firewalld src/firewall/core/nftables.py build_set_policy_rules()"""


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when firewalld stopped the packet because of panic mode, or because its rules are not
    loaded."""
    place = stopped_by(view, "firewalld-panic")
    if place is None:
        return
    gone = ReplaceTable(view.stop.netns, "nft", "inet", PANIC_TABLE, None)
    if place.chain in _PANIC_CHAINS:
        yield Candidate(
            title=message("firewalld is in panic mode: it stops all packets"),
            detail=message(
                "Somebody has called `firewall-cmd --panic-on`. Chain {chain} of {table} drops every packet, before "
                "any zone, rule or translation.",
                chain=place.chain,
                table=place.table,
            ),
            change=Change((gone,), (SetPanicMode(),)),
            where=OfRule(place),
            in_class="closed-zone",
            evidence=(place.evidence,),
        )
        return
    said = message("find out why firewalld could not load its rules, and then load them: `firewall-cmd --reload`")
    yield Candidate(
        title=message("firewalld has not loaded its rules, and stops new connections until it has loaded them"),
        detail=message("Chain {chain} of {table} drops the packet.", chain=place.chain, table=place.table),
        change=Change((gone,)),
        where=OfRule(place),
        in_class="closed-zone",
        evidence=(place.evidence,),
        offered=False,
        ways=(Way(Change(()), (said,), by_person=True),),
    )


CAUSE = Cause(
    title=message("firewalld is in panic mode"),
    source="firewall-cmd(1) --panic-on; firewalld: src/firewall/core/nftables.py",
    reasons=RULE_STOPS,
)

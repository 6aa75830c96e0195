"""A rule rewrites the source address of packets that stay inside one bridge, and the receiver does not accept the new
source address.

With br_netfilter, frames between two containers of one bridge pass nat POSTROUTING, too.  A SNAT or MASQUERADE rule
that matches the bridge's subnet as the source, and no egress link, matches these frames.

Users see: a container's access list or firewall refuses other containers on its own network, and its log shows the
host's address for them.

Proof: the rule rewrites the packet's source while the packet is bridged from one port to another, and the packet is
stopped afterwards.  With an exception for the bridge's own subnet the flow arrives.
Now: insert a rule that accepts packets from the bridge's subnet to the same subnet, before the rule that rewrites the
source.
Lasting: in the file that contains the rule, let the rule match the link by which packets leave the host (``-o eth0``).
"""

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, Place, View, Way, message
from hairpin.change.change import Change, DeleteRule, InsertRule, one
from hairpin.engines.missing import is_engines
from hairpin.host.boot.saved_rules import rule_of
from hairpin.network.network import addresses_of
from hairpin.walk.decided import RuleDecided
from hairpin.walk.state import Step


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each rule of another program or person that rewrote the source inside a bridge."""
    first = next(iter(view.branch.request), None)
    for step in view.branch.request if first is not None and not view.in_reply else ():
        decided = step.decided_by
        if not step.netns.is_host or step.note not in ("snat", "masquerade") or not isinstance(decided, RuleDecided):
            continue
        place = decided.place
        subnet = _subnet_within(view, step, first.packet.saddr) if first is not None else None
        if subnet is not None and place.number and not is_engines(view.host, place):
            yield _candidate(step, place, subnet)


def _subnet_within(view: View, step: Step, source: int) -> str | None:
    """Return the bridge's subnet that contains both the packet's original source and its destination; None if there is
    no such subnet."""
    namespace, packet = view.network.namespace(step.netns), step.packet
    link = namespace.link(step.link)
    if link is None or link.kind != "bridge" or packet.version != 4:
        return None
    for each in addresses_of(namespace, link.name, 4):
        if all(each.holds(value, 4) for value in (source, packet.daddr)):
            return str(each.prefix)
    return None


def _candidate(step: Step, place: Place, subnet: str) -> Candidate:
    excepted = rule_of("ip", "nat", place.chain, f"-A {place.chain} -s {subnet} -d {subnet} -j ACCEPT")
    narrow = excepted is not None and place.dialect != "nft"
    change = one(DeleteRule(step.netns, place))
    if excepted is not None and narrow:
        change = one(
            InsertRule(step.netns, place.dialect, place.family, place.table, place.chain, excepted, place.number)
        )
    said = message(
        "let the rule match the link by which packets leave the host (oifname), so that it does not match packets of "
        "{subnet} inside {link}",
        subnet=subnet,
        link=step.link,
    )
    return Candidate(
        title=message(
            "A rule in {table} {chain} rewrites the source of packets that stay inside {link}",
            table=place.table,
            chain=place.chain,
            link=step.link,
        ),
        detail=message(
            "With br_netfilter, packets between two containers of {link} pass this chain, too, and the rule names no "
            "outgoing link: {rule}",
            link=step.link,
            rule=place.text,
        ),
        change=change,
        where=OfRule(place),
        in_class="foreign-source-translation",
        evidence=(place.evidence,),
        offered=narrow,
        ways=() if narrow else (Way(Change(()), (said,), by_person=True),),
        advice=(message("the rule itself can name the link by which packets leave the host (-o)"),) if narrow else (),
    )


CAUSE = Cause(
    title=message("A rule rewrites the source of packets that stay inside a bridge"),
    source="net/bridge/br_netfilter_hooks.c br_nf_post_routing(); iptables(8): nat",
    reasons=RULE_STOPS,
)

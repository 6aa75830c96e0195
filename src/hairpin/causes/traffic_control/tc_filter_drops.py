"""A filter of traffic control drops the packet, or redirects it to a device that leads nowhere.

Users see: a port or an address is dead although no rule of iptables or nftables drops its packets, and tcpdump on the
link shows that the packets come in.

Proof: the filter's match fits this packet, and its action drops or redirects the packet.  Without the filter the packet
passes.
Now: ``tc filter del dev LINK ingress protocol ip pref NUMBER …``.
Lasting: find the script, unit or tool that adds the filter.  The system itself stores no filter in a file.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfTrafficControl, View, message
from hairpin.change.change import SetLink, one
from hairpin.host.traffic_control import Filter
from hairpin.walk.decided import LinkDecided


def find(view: View) -> Iterator[Candidate]:
    decided = view.stop.decided_by
    link = view.namespace.link(view.stop.link)
    if not isinstance(decided, LinkDecided) or not isinstance(decided.control, Filter) or link is None:
        return
    taking = decided.control
    kept = tuple(each for each in link.filters if each != taking)
    place = {"ingress": message("on {link}, for incoming packets", link=link.name)}.get(
        taking.place, message("on {link}, for outgoing packets", link=link.name)
    )
    yield Candidate(
        title=message("a tc filter {place}, takes the packet away: {filter}", place=place, filter=taking.text)
        if taking.action == "redirect" else
        message("a tc filter {place}, drops the packet: {filter}", place=place, filter=taking.text),
        detail=message(
            "Filters of traffic control (tc) see an incoming packet before the rules of iptables and nftables, and an "
            "outgoing packet after them."),
        change=one(SetLink(view.stop.netns, msgspec.structs.replace(link, filters=kept))),
        where=OfTrafficControl(link.name, view.network.netns_text(view.stop.netns), decided.control),
        in_class="dropping-rule",
        evidence=tuple(each for each in (decided.evidence,) if each),
        side_effects=(message("all packets that this filter takes then pass again"),),
        advice=(message("find the script or program that added the filter, or else the filter comes back"),),
    )  # fmt: skip


CAUSE = Cause(
    title=message("A traffic control filter takes the packet"),
    source="net/core/dev.c sch_handle_ingress(), sch_handle_egress(); net/sched/act_gact.c, act_mirred.c",
    reasons=frozenset({"tc-filter"}),
)

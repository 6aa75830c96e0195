"""A link's queueing discipline drops every packet, or every packet of this length.

Users see: no packet leaves by one link, or short answers pass and large answers hang.  ``tc -s qdisc`` counts drops.

Proof: because of its parameters, the discipline drops every packet (``netem loss 100%``, ``pfifo limit 0``,
``blackhole``), or every packet of this length (``tbf`` with a smaller burst).  Without the discipline the packet
leaves.
Now: ``tc qdisc del dev LINK root``.
Lasting: find the script, unit or tool that sets the queueing discipline.  The system itself stores no queueing
discipline in a file.
"""

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, OfTrafficControl, View, message
from hairpin.change.change import SetLink, one
from hairpin.host.traffic_control import Qdisc
from hairpin.walk.decided import LinkDecided


def find(view: View) -> Iterator[Candidate]:
    decided = view.stop.decided_by
    link = view.namespace.link(view.stop.link)
    if not isinstance(decided, LinkDecided) or not isinstance(decided.control, Qdisc) or link is None:
        return
    qdisc = decided.control
    kept = tuple(each for each in link.qdiscs if qdisc.parent and each != qdisc)
    yield Candidate(
        title=message("the queueing discipline of {link} in {netns} does not take the packet: {qdisc}",
                      link=link.name, netns=view.network.netns_text(view.stop.netns), qdisc=qdisc.text),
        detail=message("{link} {said}. The kernel drops the packet there, after all rules.",
                       link=link.name, said=decided.said),
        change=one(SetLink(view.stop.netns, msgspec.structs.replace(link, qdiscs=kept))),
        where=OfTrafficControl(link.name, view.network.netns_text(view.stop.netns), decided.control),
        in_class="link-or-route",
        evidence=tuple(each for each in (decided.evidence,) if each),
        side_effects=(message("this discipline then no longer shapes the traffic on {link}", link=link.name),),
        advice=(message(
            "find the script or unit that ran `tc qdisc` on {link}, or else the discipline comes back",
            link=link.name),),
    )  # fmt: skip


CAUSE = Cause(
    title=message("A link's queueing discipline takes no packet"),
    source="net/sched/sch_netem.c netem_enqueue(), sch_tbf.c tbf_enqueue(), sch_fifo.c pfifo_enqueue()",
    reasons=frozenset({"qdisc"}),
)

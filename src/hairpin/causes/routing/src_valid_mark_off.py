"""The reverse-path lookup leaves the packet's mark out, and only with the mark the route back is the right one.

Users see: with policy routing by marks (two uplinks, a VPN) packets of one link vanish; no rule counts them.

Proof: ``rp_filter`` is 1, a policy rule for the packet's mark leads back out of its link, and ``src_valid_mark`` of the
link and of ``all`` is 0; with 1 the packet is taken.
Now: ``sysctl -w net.ipv4.conf.LINK.src_valid_mark=1``.
Lasting: the key in a file of sysctl.d that sorts last.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.routing._asked import query_back
from hairpin.causes.where import OfSysctl
from hairpin.change.change import SetSysctl, one
from hairpin.host.sysctl import dotted
from hairpin.message import message
from hairpin.network.network import conf
from hairpin.network.prefix import address_text
from hairpin.network.routing import lookup

KEY = "src_valid_mark"


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate if the route back leaves by the ingress link when the mark counts."""
    if not _leads_back_by_mark(view):
        return
    link, packet, sysctls = view.stop.link, view.stop.seen.packet, view.namespace.sysctls
    path = ("net", "ipv4", "conf", link, KEY)
    yield Candidate(
        title=message("The reverse-path lookup on {link} leaves the packet's mark out", link=link),
        detail=message(
            "The packet came in by {link} and has the mark {mark}, with which the route back to {source} leaves by "
            "{link}. {key} is 0, so that the kernel looks the route up without the mark and finds another link.",
            link=link,
            mark=f"{packet.mark:#x}",
            source=address_text(packet.saddr, packet.version),
            key=dotted(path),
        ),
        change=one(SetSysctl(view.stop.netns, path, "1")),
        where=OfSysctl(sysctl=path, value=sysctls.text(*path) or "0", wanted="1"),
        in_class="ignored-mark",
        evidence=(sysctls.evidence,),
    )


def _leads_back_by_mark(view: View) -> bool:
    """Return whether the route back leaves by the ingress link if the packet's mark counts, which it does not now."""
    packet, link = view.stop.seen.packet, view.stop.link
    if packet.mark == 0 or packet.version != 4 or conf(view.namespace, 4, link, KEY, rule="or"):
        return False
    found = lookup(view.namespace, query_back(packet))
    return found.type == "unicast" and any(hop.link == link for hop in found.next_hops)


CAUSE = Cause(
    title=message("The reverse-path lookup leaves the packet's mark out"),
    source="net/ipv4/fib_frontend.c __fib_validate_source(): IN_DEV_SRC_VMARK",
    reasons=frozenset({"rp-filter"}),
)

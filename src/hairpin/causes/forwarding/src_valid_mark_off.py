"""The reverse-path lookup ignores the packet's mark, and only a lookup with the mark finds the right route back.

Users see: with policy routing by marks (two uplinks, a VPN), the packets of one link vanish, and no rule counts them.

Proof: ``rp_filter`` is 1, and ``src_valid_mark`` of the link and of ``all`` is 0.  With the packet's mark, a policy
rule leads back through the link on which the packet came in.  If ``src_valid_mark`` is 1, the packet is accepted.
Now: ``sysctl -w net.ipv4.conf.LINK.src_valid_mark=1``.
Lasting: put the key into the file of sysctl.d that sorts last.
"""

from hairpin.causes.forwarding._by_sysctl import by_sysctl
from hairpin.causes.kit import Cause, View, message
from hairpin.causes.routing._asked import query_back
from hairpin.host.sysctl import Path
from hairpin.network.network import conf
from hairpin.network.routing import lookup

_KEY = "src_valid_mark"


def _path(view: View) -> Path | None:
    """Return the sysctl ``src_valid_mark`` of the ingress link, if a lookup with the packet's mark finds a route back
    by this link."""
    packet, link = view.stop.seen.packet, view.stop.link
    if packet.mark == 0 or packet.version != 4 or conf(view.namespace, 4, link, _KEY, rule="or"):
        return None
    found = lookup(view.namespace, query_back(packet))
    leads_back = found.type == "unicast" and any(hop.link == link for hop in found.next_hops)
    return ("net", "ipv4", "conf", link, _KEY) if leads_back else None


CAUSE = Cause(
    title=message("The reverse-path lookup ignores the packet's mark"),
    source="net/ipv4/fib_frontend.c __fib_validate_source(): IN_DEV_SRC_VMARK",
    reasons=frozenset({"rp-filter"}),
    find=by_sysctl(
        _path,
        in_class="ignored-mark",
        title=message("The reverse-path lookup on {link} ignores the packet's mark"),
        detail=message(
            "The packet came in by {link} with the mark {mark}. With this mark, the route back to {source} leaves by "
            "{link}. But {key} is 0, so the kernel looks the route up without the mark and finds another link."
        ),
    ),
)

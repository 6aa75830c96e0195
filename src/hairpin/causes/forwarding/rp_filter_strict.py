"""Strict reverse-path filtering drops a packet, because its path is asymmetric.

Users see: tcpdump shows packets that no chain counts.  With log_martians, the kernel logs "martian source".

Proof: the larger value of ``rp_filter`` of the interface and of ``all`` is 1, and the route to the packet's source
leaves by another interface.  If ``rp_filter`` is 2, the packet is accepted.
Now: ``sysctl -w net.ipv4.conf.LINK.rp_filter=2``.
Lasting: put the key into the file of sysctl.d that sorts last.
"""

from hairpin.causes.forwarding._reverse_path import by_reverse_path
from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("Strict reverse-path filtering on an asymmetric path"),
    source="net/ipv4/fib_frontend.c __fib_validate_source(); RFC 3704",
    shown_by=(
        "ip route show table all; ip rule; sysctl -a 2>/dev/null | grep rp_filter",
        message("rp_filter is 1, and the way back to the client is through another link"),
    ),
    reasons=frozenset({"rp-filter"}),
    find=by_reverse_path(on_host=True),
)

"""IPv6 forwarding is off.  For IPv6 the kernel reads ``conf.all.forwarding`` only.

Users see: outside clients time out over IPv6, while outside clients over IPv4 and the host itself reach the port.

Proof: ``net.ipv6.conf.all.forwarding`` is 0, and the packet must be forwarded.  If this sysctl is 1, the packet is
forwarded.
Now: ``sysctl -w net.ipv6.conf.all.forwarding=1``.  First set ``accept_ra=2`` on each link whose addresses and routes
come from router advertisements.
Lasting: put both sysctls into a file of sysctl.d.
"""

from hairpin.causes.forwarding._by_sysctl import by_sysctl
from hairpin.causes.kit import Cause, message

CAUSE = Cause(
    title=message("The host does not forward IPv6"),
    source="net/ipv6/ip6_output.c ip6_forward()",
    shown_by=(
        "sysctl -a 2>/dev/null | grep -E 'ipv6.*(forwarding|accept_ra)'; ip -6 route; sudo ip6tables-save",
        message("net.ipv6.conf.all.forwarding = 0"),
    ),
    reasons=frozenset({"forwarding-off"}),
    find=by_sysctl(
        lambda view: ("net", "ipv6", "conf", "all", "forwarding") if view.flow.version == 6 else None,
        in_class="switched-off",
        title=message("IPv6 forwarding is off on this host"),
        detail=message("net.ipv6.conf.all.forwarding is 0: IPv6 packets that are not for the host itself are dropped."),
        side_effects=(
            message(
                "links with accept_ra 1 then ignore router advertisements: set accept_ra to 2 on these links first"
            ),
        ),
    ),
)

"""IPv6 forwarding is off; for IPv6 the kernel reads ``conf.all.forwarding`` only.

Users see: clients with IPv6 addresses outside time out; IPv4 and the host itself reach the port.

Proof: ``net.ipv6.conf.all.forwarding`` is 0, and the packet has to be forwarded; with 1 it is.
Now: ``sysctl -w net.ipv6.conf.all.forwarding=1``; before it ``accept_ra=2`` on a link that lives from router
advertisements.
Lasting: both keys in a file of sysctl.d.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.where import OfSysctl
from hairpin.change.change import SetSysctl, one
from hairpin.message import message

_PATH = ("net", "ipv6", "conf", "all", "forwarding")


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for an IPv6 packet."""
    if view.flow.version != 6:
        return
    sysctls = view.namespace.sysctls
    yield Candidate(
        title=message("IPv6 forwarding is off on this host"),
        detail=message("net.ipv6.conf.all.forwarding is 0: IPv6 packets that are not for the host itself are dropped."),
        change=one(SetSysctl(view.stop.netns, _PATH, "1")),
        where=OfSysctl(sysctl=_PATH, value=sysctls.text(*_PATH) or "0", wanted="1"),
        in_class="switched-off",
        evidence=(sysctls.evidence,),
        side_effects=(
            message("router advertisements are then ignored where accept_ra is 1: set accept_ra to 2 there first"),
        ),
    )


CAUSE = Cause(
    title=message("The host does not forward IPv6"),
    source="net/ipv6/ip6_output.c ip6_forward()",
    reasons=frozenset({"forwarding-off"}),
)

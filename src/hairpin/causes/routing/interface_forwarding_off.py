"""The interface that a packet came in by does not forward, although ``ip_forward`` is 1.

Users see: the host itself reaches the port, everybody else times out; no rule drops anything.

Proof: ``net.ipv4.conf.LINK.forwarding`` of the ingress interface is 0 while ``ip_forward`` is 1; with 1 the packet is
forwarded.
Now: ``sysctl -w net.ipv4.conf.LINK.forwarding=1``.
Lasting: the key in a file of sysctl.d that sorts last, or the manager that sets it (``IPForward=`` of
systemd-networkd).
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.where import OfSysctl
from hairpin.change.change import SetSysctl, one
from hairpin.host.sysctl import dotted
from hairpin.message import message


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when the ingress link's key is 0 and ``ip_forward`` is not."""
    sysctls = view.namespace.sysctls
    if view.flow.version != 4 or sysctls.text("net", "ipv4", "ip_forward") == "0":
        return
    path = ("net", "ipv4", "conf", view.stop.link, "forwarding")
    yield Candidate(
        title=message("{link} does not forward IPv4", link=view.stop.link),
        detail=message(
            "{key} is 0 while net.ipv4.ip_forward is 1, so packets that come in by {link} are dropped between route "
            "lookup and FORWARD. Setting ip_forward to 1 again changes nothing: the kernel copies it to the "
            "interfaces only when its value changes.",
            key=dotted(path),
            link=view.stop.link,
        ),
        change=one(SetSysctl(view.stop.netns, path, "1")),
        where=OfSysctl(sysctl=path, value=sysctls.text(*path) or "0", wanted="1"),
        in_class="switched-off",
        evidence=(sysctls.evidence,),
    )


CAUSE = Cause(
    title=message("The kernel does not forward packets that come in by this interface"),
    source="net/ipv4/route.c ip_route_input_slow(): IN_DEV_FORWARD, after the local-delivery branch",
    reasons=frozenset({"forwarding-off"}),
)

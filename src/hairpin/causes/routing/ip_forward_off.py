"""IPv4 forwarding is off altogether.

Users see: outside clients time out, the host itself reaches the port, containers cannot connect to the outside.

Proof: ``net.ipv4.ip_forward`` is 0, and the packet has to be forwarded; with 1 it is.
Now: ``sysctl -w net.ipv4.ip_forward=1``.
Lasting: a sysctl.d file, and DROP as the FORWARD policy: dockerd sets it only if it switches forwarding on itself.  No
file where dockerd does not run now: it switches forwarding on at its start.
Remove the file that sets 0.
"""

from collections.abc import Iterator

from hairpin.causes.cause import Candidate, Cause, View
from hairpin.causes.where import OfSysctl
from hairpin.change.change import SetSysctl, one
from hairpin.message import message

_PATH = ("net", "ipv4", "ip_forward")


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate when ``ip_forward`` itself is 0."""
    sysctls = view.namespace.sysctls
    if view.flow.version != 4 or sysctls.text(*_PATH) != "0":
        return
    yield Candidate(
        title=message("IPv4 forwarding is off on this host")
        if view.stop.netns.is_host or view.container is not None
        else message("IPv4 forwarding is off in {netns}", netns=view.network.netns_text(view.stop.netns)),
        detail=message(
            "net.ipv4.ip_forward is 0: a packet that comes in by {link} and is not for the host itself is dropped "
            "between route lookup and FORWARD, without a trace in any rule's counter.",
            link=view.stop.link,
        ),
        change=one(SetSysctl(view.stop.netns, _PATH, "1")),
        where=OfSysctl(sysctl=_PATH, value="0", wanted="1"),
        in_class="switched-off",
        evidence=(sysctls.evidence,),
        side_effects=(message("writing 1 sets the forwarding key of every interface to 1"),),
    )


CAUSE = Cause(
    title=message("The host does not forward IPv4"),
    source="net/ipv4/devinet.c inet_forward_change(); net/ipv4/route.c ip_route_input_slow()",
    reasons=frozenset({"forwarding-off"}),
)

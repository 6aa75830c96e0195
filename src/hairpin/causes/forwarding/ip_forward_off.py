"""IPv4 forwarding is off on all interfaces.

Users see: outside clients time out although the host itself reaches the port, and containers cannot connect to the
outside.

Proof: ``net.ipv4.ip_forward`` is 0, and the packet must be forwarded.  If this sysctl is 1, the packet is forwarded.
Now: ``sysctl -w net.ipv4.ip_forward=1``.
Lasting: set ip_forward to 1 in a file of sysctl.d, and set the FORWARD policy to DROP, because dockerd sets this policy
only if it switches forwarding on itself.  If dockerd does not run now, no file is needed, because dockerd switches
forwarding on when it starts.  Remove the file that sets ip_forward to 0.
"""

from hairpin.causes.forwarding._by_sysctl import by_sysctl
from hairpin.causes.kit import Cause, Message, View, message

_PATH = ("net", "ipv4", "ip_forward")


def _title(view: View) -> Message:
    if view.stop.netns.is_host:
        return message("IPv4 forwarding is off on this host")
    return message("IPv4 forwarding is off in {netns}", netns=view.network.netns_text(view.stop.netns))


CAUSE = Cause(
    title=message("The host does not forward IPv4"),
    source="net/ipv4/devinet.c inet_forward_change(); net/ipv4/route.c ip_route_input_slow()",
    shown_by=("sysctl -a 2>/dev/null | grep -E 'forward|rp_filter|route_localnet'", message("net.ipv4.ip_forward = 0")),
    reasons=frozenset({"forwarding-off"}),
    find=by_sysctl(
        lambda view: _PATH if view.flow.version == 4 and view.namespace.sysctls.text(*_PATH) == "0" else None,
        in_class="switched-off",
        title=_title,
        detail=message(
            "net.ipv4.ip_forward is 0: a packet that comes in by {link} and is not for the host itself is dropped "
            "between route lookup and FORWARD, without a trace in any rule's counter."
        ),
        side_effects=(message("writing 1 sets the forwarding key of every interface to 1"),),
    ),
    shown_to="everybody",
)

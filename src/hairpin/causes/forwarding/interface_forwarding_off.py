"""Forwarding is off on the interface by which the packet came in, although ``ip_forward`` is 1.

Users see: the host itself reaches the port, but all other clients time out, and no rule drops packets.

Proof: ``net.ipv4.conf.LINK.forwarding`` of the ingress interface is 0 while ``ip_forward`` is 1.  If this sysctl is 1,
the packet is forwarded.
Now: ``sysctl -w net.ipv4.conf.LINK.forwarding=1``.
Lasting: put the key into the file of sysctl.d that sorts last, or correct the manager that sets it (``IPForward=`` of
systemd-networkd).
"""

from hairpin.causes.forwarding._by_sysctl import by_sysctl
from hairpin.causes.kit import Cause, View, message
from hairpin.host.sysctl import Path


def _path(view: View) -> Path | None:
    """Return the sysctl ``forwarding`` of the ingress link.  Return None if ``ip_forward`` is 0, because then
    ``ip_forward`` stops the packet."""
    if view.flow.version != 4 or view.namespace.sysctls.text("net", "ipv4", "ip_forward") == "0":
        return None
    return "net", "ipv4", "conf", view.stop.link, "forwarding"


CAUSE = Cause(
    title=message("The kernel does not forward packets that come in by this interface"),
    source="net/ipv4/route.c ip_route_input_slow(): IN_DEV_FORWARD, after the local-delivery branch",
    shown_by=(
        "sysctl -a 2>/dev/null | grep -E 'forward|rp_filter|route_localnet'",
        message("a link on the way has forwarding = 0, although ip_forward is 1"),
    ),
    reasons=frozenset({"forwarding-off"}),
    find=by_sysctl(
        _path,
        in_class="switched-off",
        title=message("{link} does not forward IPv4"),
        detail=message(
            "{key} is 0 while net.ipv4.ip_forward is 1, so packets that come in by {link} are dropped between route "
            "lookup and FORWARD. Setting ip_forward to 1 again changes nothing: the kernel copies it to the "
            "interfaces only when its value changes."
        ),
    ),
    shown_to="everybody",
)

"""A VPN that is down comes up: wg-quick, OpenVPN, tailscaled, whose units the host has.

Their configurations have keys in them, so nobody reads them: which routes, rules of policy and packet filters come is
a condition.  wg-quick leads all traffic by a table of its own if a peer is allowed all addresses; tailscaled puts
chains of its own at the heads of INPUT and FORWARD.
"""

from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.host import Host
from hairpin.message import message

_NAMES = ("wg-quick@", "openvpn", "tailscaled", "strongswan", "ipsec")


def happens(course: Course, _name: str) -> Course | None:
    """Return the course under the condition that the VPN meets no flow; None if the host has none that is down."""
    units = _down(course.host)
    said = (
        message("{unit} brings no route, rule of policy or packet filter that these packets meet", unit=each)
        for each in units
    )
    return course.provided(*said) if units else None


def _down(host: Host) -> list[str]:
    return [each.name for each in host.units if each.name.startswith(_NAMES) and each.active in ("inactive", "failed")]


EVENT = Event(
    id="vpn-up",
    title=message("a VPN of the host comes up"),
    source="wg-quick(8), openvpn(8); tailscale wgengine/router, util/linuxfw",
    happens=happens,
)

"""Events that change nothing for a host's packets.

Each event is a row without a model.  The row says on which hosts the event can happen, and which effects of the event
hairpin cannot see."""

from collections.abc import Callable, Iterator

from hairpin.events.course import Course
from hairpin.events.engines.docker import running_docker
from hairpin.events.event import Event, Happens
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.programs import units_of

_VPNS = units_of("vpn")
"""How the names of VPN units begin.  The configurations of VPNs contain keys, so the collector does not read them.  If
a peer is allowed all addresses, wg-quick routes all traffic through a routing table that it adds.  tailscaled puts its
own chains at the heads of INPUT and FORWARD."""


def _where(can_happen: Callable[[Host], bool]) -> Happens:
    """Return a function that returns the unchanged course, or None if the event cannot happen on the host."""
    return lambda course: course if can_happen(course.host) else None


def _provided(conditions: Callable[[Host], Iterator[Message]]) -> Happens:
    """Return a function that adds the conditions to the course.

    If there are no conditions, the event cannot happen on the host."""

    def happens(course: Course) -> Course | None:
        said = tuple(conditions(course.host))
        return course.provided(*said) if said else None

    return happens


def _vpns_down(host: Host) -> Iterator[Message]:
    """Yield, for each VPN that is down, the condition that a start of the VPN would change nothing for the flow's
    packets."""
    for each in host.units:
        if each.name.startswith(_VPNS) and each.active in ("inactive", "failed"):
            yield message(
                "{unit} adds no route, policy rule or packet filter that affects these packets", unit=each.name
            )


DOCKER_RELOAD = Event(  # SIGHUP: no reloaded option affects rules, sysctls, links or running containers
    id="docker-reload",
    title=message("dockerd reads its configuration again"),
    source="dockerd(8), Configuration reload behavior; moby daemon/reload.go Reload()",
    happens=_where(lambda host: running_docker(host) is not None),
    units=("docker",),
    verbs=("reload",),
    command="systemctl reload docker",
)
# if the upgrade changes `iptables` to the other back end, only rules that are added later are in that back end
IPTABLES_UPGRADE = Event(
    id="iptables-upgrade",
    title=message("the iptables package is upgraded"),
    source="iptables(8); update-alternatives(1); iptables' packages have no script that loads or flushes rules",
    happens=_where(lambda host: host.version("iptables") is not None),
    packages=("iptables", "iptables-nft"),
)
VPN_UP = Event(
    id="vpn-up",
    title=message("a VPN of the host comes up"),
    source="wg-quick(8), openvpn(8); tailscale wgengine/router, util/linuxfw",
    happens=_provided(_vpns_down),
    units=("tailscaled",),
)

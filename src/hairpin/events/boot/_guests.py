"""Programs that make rules for their own networks or guests make them again when they start: libvirt, LXC, Incus,
networkd, NetworkManager.  Their guests start again, too.

hairpin does not read their databases, so what they had before the boot counts as what they make, on the condition that
they start.  Each switches forwarding on, too.

Source: libvirt src/network/bridge_driver_linux.c networkAddFirewallRules(), lxc-net, Incus
internal/server/network/driver_bridge.go setup(), systemd src/network/networkd-address.c; measured: a reboot of trixie
with libvirt 11.3, LXC 6.0, Incus 6.0 and systemd 257
"""

from collections.abc import Iterator

from hairpin.change.change import Primitive, SetSysctl
from hairpin.events.boot._namespaces import rules_of, with_namespaces
from hairpin.events.course import Course
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.programs import having_role
from hairpin.question.namespaces import guest_in

_FORWARDING = (("net", "ipv4", "ip_forward"), ("net", "ipv4", "conf", "all", "forwarding"),
               ("net", "ipv6", "conf", "all", "forwarding"))  # fmt: skip


def with_guests_again(course: Course, was: Host) -> Course:
    """Return the course after the programs of the host's guests have made their rules again, and have started the
    guests, with a condition for each program."""
    network = course.network.with_host(was)
    inside = [each for each in was.namespaces if guest_in(network, was.netns.sibling(each.name)) is not None]
    if inside:
        names = ", ".join(sorted({each.name for each in was.named_guests}))
        course = with_namespaces(course, was, inside).provided(
            message("the guests start at boot: {names}", names=names)
        )
    for program in having_role("virtual-machines", "links"):
        parts = tuple(rules_of(course, was, program))
        if parts:
            said = message("{program} starts at boot and makes its rules again", program=program.name)
            course = course.made(*parts, *_forwarding_again(course, was)).provided(said)
    return course


def _forwarding_again(course: Course, was: Host) -> Iterator[Primitive]:
    old = was.namespace(was.netns.name).sysctls
    for path in _FORWARDING:
        if old.text(*path) == "1" != course.namespace.sysctls.text(*path):
            yield SetSysctl(was.netns, path, "1")

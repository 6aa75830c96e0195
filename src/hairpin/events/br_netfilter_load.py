"""br_netfilter is loaded (by an engine, by Kubernetes, by ``-m physdev``): bridged packets meet the rules of iptables.

Its sysctls are there from then on, each with the kernel's own value.  A file of sysctl.d has no say until somebody
applies it again.
"""

from collections.abc import Iterator

from hairpin.change.change import LoadModule, Primitive, ReplaceSysctls
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.boot.sysctl_files import settings
from hairpin.host.kernel_release import Novelty
from hairpin.host.sysctl import Path
from hairpin.message import message

_FOLDER: Path = ("net", "bridge")
_VALUES: tuple[tuple[str, str], ...] = (
    ("bridge-nf-call-arptables", "1"), ("bridge-nf-call-iptables", "1"), ("bridge-nf-call-ip6tables", "1"),
    ("bridge-nf-filter-vlan-tagged", "0"), ("bridge-nf-filter-pppoe-tagged", "0"),
    ("bridge-nf-pass-vlan-input-dev", "0"),
)  # fmt: skip
"""Source: net/bridge/br_netfilter_hooks.c br_netfilter_sysctl_default()"""


def happens(course: Course, _name: str) -> Course | None:
    """Return the course with the module; None if it is loaded already, or no kernel's sysctls were read."""
    known = course.namespace.sysctls.values
    if not known or any(path[:2] == _FOLDER for path in known):
        return None
    for name, value in _VALUES:
        given = settings((*_FOLDER, name), course.host.files)
        if given and given[-1].value != value:
            course = course.provided(message("nothing applies {file} when the module is loaded", file=given[-1].file))
    return course.made(LoadModule(course.label, "br_netfilter"), *_sysctls(course))


def _sysctls(course: Course) -> Iterator[Primitive]:
    """Yield the values in the host's own namespace and, where the kernel has them apart, in those with a bridge."""
    values = tuple(((*_FOLDER, name), value) for name, value in _VALUES)
    own = course.host.netns
    for each in course.host.namespaces:
        apart = Novelty.BRIDGE_NF_OF_NAMESPACE.known_to(each.kernel) and any(one.kind == "bridge" for one in each.links)
        if each.name == own.name or apart:
            yield ReplaceSysctls(own.sibling(each.name), values)


EVENT = Event(
    id="br-netfilter-load",
    title=message("the module br_netfilter is loaded"),
    source="net/bridge/br_netfilter_hooks.c br_netfilter_sysctl_init_net(); sysctl.d(5)",
    happens=happens,
)

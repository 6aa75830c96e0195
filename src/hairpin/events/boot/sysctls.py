"""Sysctls change: sysctl.d files are applied, forwarding is switched on, br_netfilter adds its sysctls.

The keys of a file are set in the file's order.  A key of an interface that does not exist yet is not set.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from hairpin.change.change import LoadModule, Primitive, ReplaceSysctls, SetSysctl
from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.boot.sysctl_files import Setting, assignments, assignments_of, is_pattern, settings
from hairpin.host.kernel_release import Novelty
from hairpin.host.managers import ConfigFile
from hairpin.host.sysctl import SYSCTLS, Path
from hairpin.message import message

_FORWARDING: Path = ("net", "ipv4", "ip_forward")
_BRIDGE: Path = ("net", "bridge")
_OF_MODULE = tuple((each.key, each.boot or "0") for each in SYSCTLS if each.path.startswith("bridge/"))
"""The sysctls of br_netfilter with the kernel's defaults."""


def with_files_applied(course: Course) -> Course:
    """Return the course after ``sysctl --system``.

    A key that the host does not have is not set.  A line ``-KEY`` without a value excludes KEY from patterns, and sets
    no sysctl itself."""
    return _with_lines(course, assignments(course.host.files))


def with_file_applied(course: Course, file: ConfigFile) -> Course:
    """Return the course after ``sysctl -p FILE``."""
    return _with_lines(course, assignments_of(file))


def with_text_applied(course: Course, text: str, source: str) -> Course:
    """Return the course after ``sysctl -w`` of each line ``KEY = VALUE``."""
    return with_file_applied(course, ConfigFile(source, text))


def _with_lines(course: Course, lines: tuple[tuple[Path, Setting], ...]) -> Course:
    values = tuple(_values(course, lines))
    return course.made(ReplaceSysctls(course.host.netns, values)) if values else course


def _values(course: Course, lines: tuple[tuple[Path, Setting], ...]) -> Iterator[tuple[Path, str]]:
    explicit = {path for path, _ in lines if not is_pattern(path)}
    known = course.namespace.sysctls.values
    for path, setting in lines:
        if not is_pattern(path):
            if path in known:
                yield path, setting.value
            continue
        for each in known:
            if len(each) == len(path) and each not in explicit and all(map(fnmatchcase, each, path)):
                yield each, setting.value


# ---- the events ---------------------------------------------------------------------------------------------------


def _forwarding_toggled(course: Course) -> Course:
    """Return the course after forwarding was switched off and on again.  The kernel copies the second value to every
    interface.

    Source: net/ipv4/devinet.c inet_forward_change(): only a value that differs is copied"""
    netns = course.host.netns
    return course.made(SetSysctl(netns, _FORWARDING, "0"), SetSysctl(netns, _FORWARDING, "1"))


def _loaded(course: Course) -> Course | None:
    """Return the course with the module; None if the module is loaded already, or if the kernel's sysctls were not
    read.

    An engine, Kubernetes, or a rule with ``-m physdev`` loads the module.  While the module is loaded, bridged packets
    pass the rules of iptables.  The module's sysctls have the kernel's defaults until a sysctl file is applied again.
    """
    known = course.namespace.sysctls.values
    if not known or any(path[:2] == _BRIDGE for path in known):
        return None
    for name, value in _OF_MODULE:
        given = settings((*_BRIDGE, name), course.host.files)
        if given and given[-1].value != value:
            course = course.provided(
                message("no program applies {file} when the module is loaded", file=given[-1].file)
            )
    return course.made(LoadModule(course.label, "br_netfilter"), *_module_sysctls(course))


def _module_sysctls(course: Course) -> Iterator[Primitive]:
    """Yield the values of the module's sysctls in the host's namespace.  If the kernel keeps these sysctls per
    namespace, yield them also for each namespace with a bridge."""
    values = tuple(((*_BRIDGE, name), value) for name, value in _OF_MODULE)
    own = course.host.netns
    for each in course.host.namespaces:
        apart = Novelty.BRIDGE_NF_OF_NAMESPACE.known_to(each.kernel) and any(one.kind == "bridge" for one in each.links)
        if each.name == own.name or apart:
            yield ReplaceSysctls(own.sibling(each.name), values)


SYSCTL_SYSTEM = Event(
    id="sysctl-system",
    title=message("the sysctl files are applied again (`sysctl --system`)"),
    source="sysctl(8) --system, systemd-sysctl.service(8), sysctl.d(5)",
    happens=with_files_applied,
    units=("systemd-sysctl",),
    command="sysctl --system",
)
FORWARDING_TOGGLE = Event(
    id="forwarding-toggle",
    title=message("IPv4 forwarding is switched off and on again"),
    source="Documentation/networking/ip-sysctl.rst ip_forward; net/ipv4/devinet.c inet_forward_change()",
    happens=_forwarding_toggled,
    command="sysctl -qw net.ipv4.ip_forward=0; sysctl -qw net.ipv4.ip_forward=1",
)
BR_NETFILTER_LOAD = Event(
    id="br-netfilter-load",
    title=message("the module br_netfilter is loaded"),
    source="net/bridge/br_netfilter_hooks.c br_netfilter_sysctl_init_net(); sysctl.d(5)",
    happens=_loaded,
    command="modprobe br_netfilter",
)

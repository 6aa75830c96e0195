"""The managers of the host's links start at boot, or restart: ifupdown, RHEL's scripts, networkd, NetworkManager.

A host has one manager, seldom two, so the model of a manager is imported only if the manager starts.
"""

from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.boot.ifupdown import INTERFACES, configured_by_ifupdown, interfaces
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.host import Namespace
from hairpin.message import message
from hairpin.programs import IFUPDOWN, NETWORK_MANAGER, NETWORK_SCRIPTS, NETWORKD

(_IFUPDOWN,), (_SCRIPTS,) = IFUPDOWN.units, NETWORK_SCRIPTS.units
(_NETWORKD,), (_MANAGER,) = NETWORKD.units, NETWORK_MANAGER.units


def with_network_configured(course: Course, was: Namespace) -> Course:
    """Return the course after every manager that starts has configured its links.

    Before the managers start, the links may be down and without addresses.  ``was``: the host's namespace when it still
    had its addresses from DHCP."""
    course = _with_ifupdown_started(course, was) if _starts(course, _IFUPDOWN) else course
    if _starts(course, _SCRIPTS):
        from hairpin.events.links._ifcfg import with_scripts_started

        course = with_scripts_started(course, was)
    if _starts(course, _NETWORKD):
        from hairpin.events.links._networkd import claimed_links, with_devices_made, with_links_configured

        course, links = claimed_links(with_devices_made(course, was))
        course = with_links_configured(course, links, was)
    if _starts(course, _MANAGER):
        from hairpin.events.links._networkmanager import with_profiles_up

        course = with_profiles_up(course, was)
    return course


def _with_manager(course: Course, name: str, state: str) -> Course | None:
    """Return the course if the manager runs, else None.  If no unit was read, a manager with files below ``state``
    counts as running, and the missing reading of the units is added to the course."""
    found = unit(course.host, name)
    if course.host.units or found is not None:
        return course if found is not None and found.active == "active" else None
    return course.lacking(("units",)) if any(each.path.startswith(state) for each in course.host.files) else None


def _with_ifupdown_started(course: Course, was: Namespace) -> Course:
    """Return the course after ``ifup -a``, and after udev has started ifupdown for the links with ``allow-hotplug``."""
    known = interfaces(course.host)
    there = tuple(dict.fromkeys((*known.named(known.auto), *known.named(known.hotplug))))
    course = course.lacking(known.unread)
    if not there:
        return course
    from hairpin.events.links._ifupdown import with_links_up

    return with_links_up(course, known, there, was)


def _starts(course: Course, name: str) -> bool:
    """Return whether the unit starts at boot.  If no unit was read, only ifupdown is assumed to start."""
    found = unit(course.host, name)
    if not course.host.units:
        return name == _IFUPDOWN
    return found is not None and found.is_enabled


# ---- the events ---------------------------------------------------------------------------------------------------


def _network_restarted(course: Course) -> Course | None:
    """Return the course after the network's unit was restarted; None if the host has no such unit, or if the unit
    manages no link.

    Links that the files configure lose the settings that were made at run time.  Debian's unit does not touch
    ``ip_forward``.  RHEL's unit sets ``ip_forward`` to 0, and then to the value in the sysctl files."""
    scripts = unit(course.host, _SCRIPTS)
    if scripts is not None and scripts.active == "active":
        from hairpin.events.links._ifcfg import with_scripts_restarted

        return with_scripts_restarted(course)
    found = unit(course.host, _IFUPDOWN)
    if course.host.units and (found is None or found.active != "active"):
        return None
    known = interfaces(course.host)
    was = course.namespace
    up = tuple(each for each in configured_by_ifupdown(course.host, known) if each != "lo")
    wanted = dict.fromkeys((*known.named(known.auto), *known.named(known.hotplug)))
    there = tuple(each for each in wanted if each != "lo")
    if not up and not there and not known.unread:
        return None
    if course.host.version("package:ifupdown2") is not None:
        course = course.provided(message("ifupdown2 configures the links of {file} as ifupdown does", file=INTERFACES))
    from hairpin.events.links._ifupdown import with_links_down, with_links_up

    down = with_links_down(course.lacking(known.unread), known, up)
    return with_links_up(down, known, there, was)


def _networkd_restarted(course: Course) -> Course | None:
    """Return the course after networkd has configured the links of its files again; None if networkd does not run.

    netplan or the upgrade of a package may cause this event.

    networkd deletes foreign addresses and routes of the links that it configures, and foreign policy rules.  If one of
    networkd's files matches veth links, networkd detaches the containers' links from their bridge."""
    running = _with_manager(course, _NETWORKD, "/run/systemd/netif/links/")
    if running is None:
        return None
    from hairpin.events.links._networkd import claimed_links, with_links_configured

    course, links = claimed_links(running)
    return with_links_configured(course, links, running.namespace)


def _networkmanager_restarted(course: Course) -> Course | None:
    """Return the course after a restart of NetworkManager; None if NetworkManager does not run.  NetworkManager's links
    stay up during the restart.  NetworkManager does not touch foreign links, such as links of container engines."""
    running = _with_manager(course, _MANAGER, "/run/NetworkManager/devices/")
    if running is None:
        return None
    from hairpin.events.links._networkmanager import with_profiles_up

    return with_profiles_up(running, running.namespace)


NETWORK_RESTART = Event(
    id="network-restart",
    title=message("the network's unit restarts (`networking`, or RHEL's `network`)"),
    source="networking.service, ifup(8), interfaces(5); initscripts init.d/network",
    happens=_network_restarted,
    units=(_IFUPDOWN, _SCRIPTS),
    command="systemctl restart networking",
)
NETWORKD_RESTART = Event(
    id="networkd-restart",
    title=message("systemd-networkd restarts"),
    source="systemd-networkd.service(8), systemd.network(5); networkd-link.c link_drop_foreign_config()",
    happens=_networkd_restarted,
    units=(_NETWORKD,),
    command="systemctl restart systemd-networkd",
)
NETWORKMANAGER_RESTART = Event(
    id="networkmanager-restart",
    title=message("NetworkManager restarts"),
    source="NetworkManager(8), nm-settings-keyfile(5)",
    happens=_networkmanager_restarted,
    units=(_MANAGER,),
    command="systemctl restart NetworkManager",
)

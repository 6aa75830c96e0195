"""The host's links are configured from their files, by whichever managers start: at a boot, for example."""

from hairpin.events._ifupdown import with_links_up
from hairpin.events.course import Course
from hairpin.host.boot.ifupdown import interfaces
from hairpin.host.boot.rule_keeper import unit
from hairpin.host.host import Namespace


def with_network_configured(course: Course, was: Namespace) -> Course:
    """Return the course after every manager that the host starts has configured its links, which may be down and
    without addresses.  ``was``: the host's namespace when the network had given it addresses (DHCP).

    A host has one manager, seldom two, so each one's model is loaded only where it starts."""
    course = with_ifupdown_started(course, was) if _starts(course, "networking") else course
    if _starts(course, "network"):
        from hairpin.events._ifcfg import with_scripts_started  # noqa: PLC0415

        course = with_scripts_started(course, was)
    if _starts(course, "systemd-networkd"):
        from hairpin.events._networkd import claimed_links, with_devices_made, with_links_configured  # noqa: PLC0415

        course, links = claimed_links(with_devices_made(course, was))
        course = with_links_configured(course, links, was)
    if _starts(course, "NetworkManager"):
        from hairpin.events._networkmanager import with_profiles_up  # noqa: PLC0415

        course = with_profiles_up(course, was)
    return course


def with_manager(course: Course, name: str, state: str) -> Course | None:
    """Return the course if the manager runs, else None.  Where no unit was read, it runs if it keeps files below
    ``state``, and the course lacks the reading."""
    found = unit(course.host, name)
    if course.host.units or found is not None:
        return course if found is not None and found.active == "active" else None
    return course.lacking(("units",)) if any(each.path.startswith(state) for each in course.host.files) else None


def with_ifupdown_started(course: Course, was: Namespace) -> Course:
    """Return the course after ``ifup -a``, and after udev has told ifupdown of the links of ``allow-hotplug``."""
    known = interfaces(course.host)
    there = (*known.named(known.auto), *known.named(known.hotplug))
    return with_links_up(course.lacking(known.unread), known, tuple(dict.fromkeys(there)), was)


def _starts(course: Course, name: str) -> bool:
    """Return whether the unit starts at a boot; where no unit was read, only ifupdown is taken to start."""
    found = unit(course.host, name)
    if not course.host.units:
        return name == "networking"
    return found is not None and found.enabled.startswith("enabled")

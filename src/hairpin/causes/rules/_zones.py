"""firewalld's zones, and the zone of an interface."""

from hairpin.causes.cause import View
from hairpin.host.managers import FirewalldZone


def zones(view: View) -> tuple[FirewalldZone, ...]:
    """Return firewalld's zones at run time, or else those in its files."""
    firewalld = view.host.firewalld
    if firewalld is None:
        return ()
    return firewalld.runtime or firewalld.permanent


def zone_of(view: View, link: str) -> str:
    """Return the zone of a link: bound at run time, or in the files, or firewalld's default."""
    firewalld = view.host.firewalld
    if firewalld is None:
        return "public"
    for zone in (*firewalld.runtime, *firewalld.permanent):
        if link in zone.interfaces:
            return zone.name
    return firewalld.default_zone or "public"

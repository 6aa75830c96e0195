"""firewalld's zones, and the zone of an interface."""

from hairpin.causes.cause import View
from hairpin.host.managers import FirewalldZone


def zones(view: View) -> tuple[FirewalldZone, ...]:
    """Return the zones as firewalld has them at run time, or else in its files."""
    firewalld = view.network.host.firewalld
    if firewalld is None:
        return ()
    return firewalld.runtime or firewalld.permanent


def zone_of(view: View, link: str) -> str:
    """Return the zone that an interface is in: bound at run time, in the files, or the default."""
    firewalld = view.network.host.firewalld
    if firewalld is None:
        return "public"
    for zone in (*firewalld.runtime, *firewalld.permanent):
        if link in zone.interfaces:
            return zone.name
    return firewalld.default_zone or "public"

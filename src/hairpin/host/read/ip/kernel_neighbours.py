"""Neighbour entries that the kernel makes itself, without resolving anything.

A NOARP entry is used for ever.  The kernel makes such entries for groups and broadcasts, and for each destination by a
link that resolves no neighbours.  All others were made by hand.  That of a broadcast stays when the address is no
broadcast any more (its route or its prefix is gone): it is one that sends a single machine's packets to all.

Source: net/ipv4/arp.c arp_constructor(), net/ipv6/ndisc.c ndisc_constructor(); measured on Linux 6.18
"""

from hairpin.host.link import Link
from hairpin.host.route import BROADCAST, Neighbour

_EVERYBODY = 0xFFFF_FFFF


def is_made_by_kernel(entry: Neighbour, link: Link | None) -> bool:
    """Return whether the kernel made the NOARP entry: its hardware address is that of a group, none, or the link's
    own.  A broadcast's entry is no such one: only the routes tell whether it still is one."""
    if entry.state != "NOARP" or entry.proxy:
        return False
    if not entry.mac or (entry.mac >> 40 & 1 and entry.mac != BROADCAST) or entry.value == _EVERYBODY:
        return True
    return link is not None and entry.mac == link.mac and ("NOARP" in link.flags or "LOOPBACK" in link.flags)

"""Neighbour entries that the kernel makes itself, without resolving anything.

A NOARP entry is used for ever.  The kernel makes such entries for groups and broadcasts, and for each destination by a
link that resolves no neighbours.  All others were made by hand.

Source: net/ipv4/arp.c arp_constructor(), net/ipv6/ndisc.c ndisc_constructor(); measured on Linux 6.18
"""

from hairpin.host.link import Link
from hairpin.host.route import Neighbour


def is_made_by_kernel(entry: Neighbour, link: Link | None) -> bool:
    """Return whether the kernel made the NOARP entry: its hardware address is that of a group, none, or the link's
    own."""
    if entry.state != "NOARP" or entry.proxy:
        return False
    if not entry.mac or entry.mac >> 40 & 1:
        return True
    return link is not None and entry.mac == link.mac and ("NOARP" in link.flags or "LOOPBACK" in link.flags)

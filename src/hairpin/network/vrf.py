"""The VRF (l3mdev) of a link.  A packet that comes in by a VRF port is routed by the VRF's table.

Source: net/l3mdev/l3mdev.c l3mdev_master_ifindex_rcu()
"""

from hairpin.host.host import Namespace
from hairpin.host.link import Link


def vrf_of(namespace: Namespace, name: str | None) -> Link | None:
    """Return the VRF of which the link is a port, or the link itself if it is a VRF; else None."""
    link = namespace.link(name) if name else None
    while link is not None:
        if link.vrf_table is not None:
            return link
        link = namespace.link(link.master) if link.master else None
    return None


def loops_back(link: Link) -> bool:
    """Return whether a packet that is sent by the link comes in by the same link: the link is lo, or a VRF.

    Source: drivers/net/loopback.c loopback_xmit(), drivers/net/vrf.c vrf_local_xmit()
    """
    return link.name == "lo" or "LOOPBACK" in link.flags or link.kind == "loopback" or link.vrf_table is not None

"""The VRF (l3mdev) that a link is, or is in: what comes in by the link is routed by the VRF's table.

Source: net/l3mdev/l3mdev.c l3mdev_master_ifindex_rcu()
"""

from hairpin.host.host import Namespace
from hairpin.host.link import Link


def vrf_of(namespace: Namespace, name: str | None) -> Link | None:
    """Return the VRF that the link is, or is in; None: it is in none."""
    link = namespace.link(name) if name else None
    while link is not None:
        if link.vrf_table is not None:
            return link
        link = namespace.link(link.master) if link.master else None
    return None


def loops_back(link: Link) -> bool:
    """Return whether what is sent by the link comes in by it: lo, in a VRF the VRF.

    Source: drivers/net/loopback.c loopback_xmit(), drivers/net/vrf.c vrf_local_xmit()
    """
    return link.name == "lo" or "LOOPBACK" in link.flags or link.kind == "loopback" or link.vrf_table is not None

"""Which NOARP entries the kernel makes itself: those of each row were printed by ``ip neigh show nud all``."""

import pytest

from hairpin.host.link import Link
from hairpin.host.read.ip.address_text import mac
from hairpin.host.read.ip.kernel_neighbours import is_made_by_kernel
from hairpin.host.route import Neighbour
from hairpin.netfilter.address import parse_address

OWN, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:07"
CARD = Link(2, "eth0", mac=mac(OWN), flags=("BROADCAST", "MULTICAST", "UP"))
MUTE = Link(3, "eth1", mac=mac(OWN), flags=("BROADCAST", "NOARP", "UP"))
TUN = Link(4, "tun0", "tun", flags=("POINTOPOINT", "MULTICAST", "NOARP", "UP"))
LO = Link(1, "lo", "loopback", mac=0, flags=("LOOPBACK", "UP"))

# link, address, hardware address, state, made by the kernel
ENTRIES: dict[str, tuple[Link | None, str, str, str, bool]] = {
    "a group": (CARD, "224.0.0.5", "01:00:5e:00:00:05", "NOARP", True),
    "a group of IPv6": (CARD, "ff02::16", "33:33:00:00:00:16", "NOARP", True),
    "a broadcast, if a route still says so": (CARD, "10.1.0.255", "ff:ff:ff:ff:ff:ff", "NOARP", False),
    "everybody": (CARD, "255.255.255.255", "ff:ff:ff:ff:ff:ff", "NOARP", True),
    "loopback": (LO, "0.0.0.0", "00:00:00:00:00:00", "NOARP", True),
    "an own address": (LO, "fd00::1", "00:00:00:00:00:00", "NOARP", True),
    "a tun device": (TUN, "0.0.0.0", "08", "NOARP", True),
    "a link without ARP": (MUTE, "10.7.0.4", OWN, "NOARP", True),
    "by hand": (CARD, "10.1.0.7", OTHER, "NOARP", False),
    "by hand, on a link without ARP": (MUTE, "10.1.0.7", OTHER, "NOARP", False),
    "by hand, the link's own": (CARD, "10.1.0.7", OWN, "NOARP", False),
    "by hand, of a link that was not read": (None, "10.1.0.7", OTHER, "NOARP", False),
    "permanent": (MUTE, "10.1.0.7", OWN, "PERMANENT", False),
    "learned": (CARD, "10.1.0.7", OTHER, "STALE", False),
    "not resolved": (CARD, "10.1.0.7", "", "INCOMPLETE", False),
}


@pytest.mark.parametrize(("link", "address", "hardware", "state", "kernels"), ENTRIES.values(), ids=ENTRIES)
def test_the_kernels_own_entries(link: Link | None, address: str, hardware: str, state: str, kernels: bool) -> None:
    name = link.name if link is not None else "gone0"
    entry = Neighbour(name, *parse_address(address), mac(hardware), state)
    assert is_made_by_kernel(entry, link) is kernels

"""The addresses, links and numbers that a case is made of, and random choices among them."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

import msgspec

from hairpin.network.prefix import Version, parse_address

T = TypeVar("T")

PORTS = (53, 80, 443, 8080, 8151, 40000, 40001, 50000)
SOURCE_PORTS = (20053, 20080, 21000, 30000)
"""Other than PORTS, so that no flow is another one's answer."""
MARKS = (1, 1, 1, 2, 0x10, 0x4000)
"""One is far more frequent than the others, so that rules match marks that other rules set."""
CONTAINERS = ("c1", "c2")
BEHIND, SECOND_BRIDGED = "c3", "c4"
"""A container behind another one, by a veth between the two; one on a bridge of its own."""
STACKED = ("c5", "c6")
"""Containers whose link is a macvlan or an ipvlan on the first uplink."""
IN_VLAN = "c7"
"""A container in a VLAN of the first bridge, whose network is that of the bridge's own link for the VLAN (``bv0``)."""

HOSTS: dict[Version, dict[str, str]] = {
    4: {
        "up0": "192.0.2.2",
        "up1": "198.51.100.2",
        "br0": "172.18.0.1",
        "br1": "172.19.0.1",
        "r1": "10.9.1.1",
        "r2": "10.9.2.1",
        "mv0": "192.0.2.4",
        "bv0": "172.21.0.1",
    },
    6: {
        "up0": "2001:db8:1::2",
        "up1": "2001:db8:2::2",
        "br0": "fd18::1",
        "br1": "fd19::1",
        "r1": "fd09:1::1",
        "r2": "fd09:2::1",
        "mv0": "2001:db8:1::4",
        "bv0": "fd21::1",
    },
}
SECOND: dict[Version, dict[str, str]] = {
    4: {"up0": "192.0.2.3", "up1": "198.51.100.3", "br0": "172.18.9.1"},
    6: {"up0": "2001:db8:1::3", "up1": "2001:db8:2::3", "br0": "fd18::9:1"},
}
PREFIX: dict[Version, dict[str, int]] = {
    4: {"up0": 24, "up1": 24, "br0": 16, "br1": 16, "r1": 24, "r2": 24, "mv0": 32, "bv0": 16},
    6: {"up0": 64, "up1": 64, "br0": 64, "br1": 64, "r1": 64, "r2": 64, "mv0": 128, "bv0": 64},
}
GATEWAYS: dict[Version, dict[str, str]] = {
    4: {"up0": "192.0.2.1", "up1": "198.51.100.1"},
    6: {"up0": "2001:db8:1::1", "up1": "2001:db8:2::1"},
}
OUTSIDE: dict[Version, tuple[str, ...]] = {
    4: ("192.0.2.10", "198.51.100.10", "203.0.113.5", "203.0.113.77", "192.0.2.1"),
    6: ("2001:db8:1::10", "2001:db8:2::10", "2001:db8:ffff::5", "2001:db8:ffff::77", "2001:db8:1::1"),
}
STRANGE: dict[Version, tuple[str, ...]] = {
    4: ("10.99.0.1", "192.0.2.0", "240.0.0.1", "169.254.1.1", "192.0.2.3", "198.51.100.3"),
    6: ("fd99::1", "fe80::1", "2001:db8:1::", "2001:db8:1::3", "2001:db8:2::3"),
}
"""Rare destinations, which a namespace may have to resolve."""
INSIDE: dict[Version, dict[str, tuple[str, str]]] = {
    4: {"c1": ("172.18.0.2", "10.9.1.2"), "c2": ("172.18.0.3", "10.9.2.2"), "c4": ("172.19.0.2", ""),
        "c5": ("192.0.2.50", ""), "c6": ("192.0.2.51", ""), "c7": ("172.21.0.2", "")},
    6: {"c1": ("fd18::2", "fd09:1::2"), "c2": ("fd18::3", "fd09:2::2"), "c4": ("fd19::2", ""),
        "c5": ("2001:db8:1::50", ""), "c6": ("2001:db8:1::51", ""), "c7": ("fd21::2", "")},
}  # fmt: skip
"""Each container's address on the bridge, and behind a veth of its own."""
CHAIN: dict[Version, tuple[str, str, str]] = {
    4: ("10.20.0.0/24", "10.20.0.1", "10.20.0.2"),
    6: ("fd20::/64", "fd20::1", "fd20::2"),
}
"""The network between a container and the one behind it: network, the nearer one's address, the farther one's."""
NETWORKS: dict[Version, tuple[str, ...]] = {
    4: ("192.0.2.0/24", "198.51.100.0/24", "172.18.0.0/16", "203.0.113.0/24", "203.0.113.64/26", "10.9.1.0/24",
        "0.0.0.0/0", "127.0.0.0/8"),
    6: ("2001:db8:1::/64", "2001:db8:2::/64", "fd18::/64", "2001:db8:ffff::/48", "2001:db8:ffff::40/122",
        "fd09:1::/64", "::/0", "::1/128"),
}  # fmt: skip

MACS = {
    "up0": "02:00:00:00:00:02", "up1": "02:00:00:00:01:02", "br0": "02:00:00:00:02:01", "r1": "02:00:00:00:03:01",
    "r2": "02:00:00:00:04:01", "v1": "02:00:00:00:05:01", "v2": "02:00:00:00:06:01", "c1": "02:00:00:00:07:01",
    "c2": "02:00:00:00:08:01", "c3": "02:00:00:00:09:01", "c4": "02:00:00:00:0a:01", "c5": "02:00:00:00:0e:01",
    "c6": "02:00:00:00:0f:01", "mv0": "02:00:00:00:10:01", "br1": "02:00:00:00:0b:01", "v4": "02:00:00:00:0c:01",
    "n1": "02:00:00:00:0d:01", "c7": "02:00:00:00:11:01", "v7": "02:00:00:00:12:01", "bv0": "02:00:00:00:02:01",
    "w0": "02:00:00:00:00:01", "w1": "02:00:00:00:01:01",
}  # fmt: skip
"""Hardware addresses by link, and of each container's first link; ``n1``: a container's link to the one behind it."""


RANGES: dict[Version, tuple[str, ...]] = {
    4: ("192.0.2.2-192.0.2.3", "172.18.0.2-172.18.0.3", "203.0.113.76-203.0.113.79", "198.51.100.0-203.0.113.255"),
    6: ("2001:db8:1::2-2001:db8:1::3", "fd18::2-fd18::3", "2001:db8:ffff::76-2001:db8:ffff::79",
        "2001:db8:2::-2001:db8:ffff::"),
}  # fmt: skip
"""Targets of translations.  A packet to an address of them that no namespace has goes where its route leads."""
RANGED: dict[Version, tuple[str, ...]] = {
    4: ("203.0.113.76", "203.0.113.78", "203.0.113.79", "172.18.0.0", "198.51.100.200"),
    6: ("2001:db8:ffff::76", "2001:db8:ffff::78", "2001:db8:ffff::79", "fd18::"),
}
"""Addresses of these ranges, of NETMAP's targets and of real hosts' rules, to which a route of a link may lead.

No namespace has any of them.
"""


class Plan(msgspec.Struct, frozen=True):
    """The parts of the network: links of the host, and where each container is attached (``bridge`` or ``routed``).

    ``behind``: the container that another one is behind.  ``second``: there is a second bridge with a container.
    ``own`` and ``others`` are set while a container's rules are made: its own addresses, and the host's.  ``stacked``:
    containers on macvlans, with their modes (``ipvlan``: on ipvlans of that mode, with their flags).  ``narrow``: some
    links have a smaller MTU, and packets are as long as that.  ``carried``: the second uplink is a ``vlan`` or a
    ``bond`` on the wire's link.  ``vlans``: the first bridge filters VLANs.  ``in_vlan``: a container there, whose
    VLAN's tag its port adds (``access``) or the container itself (``trunk``).  ``vrf``: links of the host that are in a
    VRF. ``by_marks``: rules mark packets, marks choose routes, and source addresses are validated with them.
    ``asker``: the host or the container that resolves its neighbours inside, because it has no entries for them.
    ``wrong``: the first (a container, or the host) has a wrong hardware address in its entry for the second.  ``tun``:
    there is a link without hardware addresses, ``t0``, from which no process reads.  ``tentative``: the link whose
    second IPv6 address is still tentative.
    """

    links: tuple[str, ...]
    bridged: tuple[str, ...]
    routed: tuple[str, ...]
    versions: tuple[Version, ...]
    by_marks: bool = False
    behind: str = ""
    second: bool = False
    stacked: tuple[tuple[str, str], ...] = ()
    narrow: bool = False
    carried: str = ""
    vlans: bool = False
    in_vlan: str = ""
    ipvlan: str = ""
    vrf: tuple[str, ...] = ()
    asker: str = ""
    wrong: tuple[str, str] = ("", "")
    tun: bool = False
    tentative: str = ""
    own: tuple[tuple[Version, tuple[str, ...]], ...] = ()
    others: tuple[tuple[Version, tuple[str, ...]], ...] = ()

    def containers(self) -> tuple[str, ...]:
        """Return the containers' names."""
        return (*CONTAINERS, *((BEHIND,) if self.behind else ()), *((SECOND_BRIDGED,) if self.second else ()),
                *((IN_VLAN,) if self.in_vlan else ()), *dict(self.stacked))  # fmt: skip

    def all_bridged(self) -> tuple[str, ...]:
        """Return the containers on any bridge."""
        return (*self.bridged, *((SECOND_BRIDGED,) if self.second else ()), *((IN_VLAN,) if self.in_vlan else ()))

    def link_of(self, name: str) -> str:
        """Return the host's link whose network a container is in."""
        if name == SECOND_BRIDGED:
            return "br1"
        if name == IN_VLAN:
            return "bv0"
        if name in STACKED:
            return "up0"
        return "br0" if name in self.bridged else f"r{name[1]}"

    def bridge_of(self, name: str) -> str:
        """Return the bridge of a container's port."""
        return "br0" if name == IN_VLAN else self.link_of(name)

    def mac_of(self, name: str) -> str:
        """Return the hardware address of a container's first link; for an ipvlan that of the link below."""
        return MACS["up0" if self.ipvlan and name in STACKED else name]

    def own_link(self, name: str) -> str:
        """Return the container's link that has its addresses."""
        return "eth10" if name == IN_VLAN and self.in_vlan == "trunk" else "eth0"

    def entered(self, holder: str, name: str, right: str) -> str:
        """Return the hardware address in a namespace's neighbour entry for another one."""
        if (holder, name) != self.wrong:
            return right
        container = name if holder == "host" else holder
        return MACS[next(each for each in CONTAINERS if each != container)] if container in self.bridged else MACS["n1"]

    def within(self, name: str) -> "Plan":
        """Return the plan as a container's rules see it: its own links and addresses."""
        links = ("eth0", "eth1") if name == self.behind else (self.own_link(name),)
        own = tuple((version, self.container_addresses(name, version)) for version in self.versions)
        others = tuple((version, self.host_addresses(version)) for version in self.versions)
        return msgspec.structs.replace(self, links=links, own=own, others=others)

    def container_addresses(self, name: str, version: Version) -> tuple[str, ...]:
        """Return a container's addresses."""
        chained = (CHAIN[version][1],) if name == self.behind else ()
        return tuple(value for key, value in self.inside(version).items() if key == name) + chained

    def host_addresses(self, version: Version) -> tuple[str, ...]:
        """Return the host's own addresses, loopback left out."""
        if self.own:
            return dict(self.own)[version]
        first = tuple(HOSTS[version][link] for link in self.links if link in HOSTS[version])
        return first + tuple(SECOND[version][link] for link in self.links if link in SECOND[version])

    def inside(self, version: Version) -> dict[str, str]:
        """Return each container's address."""
        found = {name: INSIDE[version][name][0] for name in self.bridged}
        found |= {name: INSIDE[version][name][1] for name in self.routed}
        if self.behind:
            found[BEHIND] = CHAIN[version][2]
        if self.second:
            found[SECOND_BRIDGED] = INSIDE[version][SECOND_BRIDGED][0]
        if self.in_vlan:
            found[IN_VLAN] = INSIDE[version][IN_VLAN][0]
        found |= {name: INSIDE[version][name][0] for name, _ in self.stacked}
        return found

    def addresses(self, version: Version) -> tuple[str, ...]:
        """Return every address that a packet may go to or come from."""
        others = dict(self.others).get(version, ())
        return (*self.host_addresses(version), *others, *self.inside(version).values(), *OUTSIDE[version])


class Dice:
    """Random choices with a seed."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def chance(self, probability: float) -> bool:
        """Return True that often."""
        return self.random.random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of them."""
        return choices[int(self.random.random() * len(choices))]

    def some(self, choices: Sequence[T], most: int) -> list[T]:
        """Return one to ``most`` different ones, in random order."""
        count = min(len(choices), 1 + int(self.random.random() * most))
        return self.random.sample(list(choices), count)

    def number(self, first: int, last: int) -> int:
        """Return a number within the inclusive range."""
        return self.random.randint(first, last)


def number_of(address: str) -> int:
    """Return the address as an integer."""
    return parse_address(address)[1]

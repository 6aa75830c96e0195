"""One network: a host's namespaces joined by their wires, and the assumed world around it.

A :class:`Network` is an immutable value, so that a change is a function from one to another; what is derived from
it (who owns an address, where a veth leads) is computed when asked.
"""

from typing import Literal

import msgspec

from hairpin.door import Door
from hairpin.host.docker import Container
from hairpin.host.host import Host, Namespace
from hairpin.host.kernel_release import Novelty
from hairpin.host.link import Address, Link
from hairpin.network.index import index_of
from hairpin.network.prefix import Version
from hairpin.network.world import World

HOST = "host"
"""Name of the namespace that is examined as the host."""


class Port(msgspec.Struct, frozen=True):
    """A link in a namespace."""

    netns: str
    link: str


class Network(msgspec.Struct, frozen=True):
    """A host and the world around it."""

    host: Host
    world: World = World()

    def namespace(self, name: str) -> Namespace:
        """Return the namespace of that name; KeyError when the snapshot has none."""
        return index_of(self.host).namespaces[name]

    def through(self, door: Door) -> "Network":
        """Return the same network, whose walks observers and choices enter by the door."""
        namespaces = tuple(msgspec.structs.replace(each, door=door) for each in self.host.namespaces)
        return msgspec.structs.replace(self, host=msgspec.structs.replace(self.host, namespaces=namespaces))

    def with_namespace(self, changed: Namespace) -> "Network":
        """Return the network in which the namespace of that name is replaced."""
        namespaces = tuple(changed if each.name == changed.name else each for each in self.host.namespaces)
        return msgspec.structs.replace(self, host=msgspec.structs.replace(self.host, namespaces=namespaces))

    def container(self, name: str) -> Container | None:
        """Return the container of that name or id prefix, or None."""
        containers = self.host.containers()
        for container in containers:
            if name in (container.name, container.id):
                return container
        matching = [each for each in containers if len(name) >= 3 and each.id.startswith(name)]
        return matching[0] if len(matching) == 1 else None

    def container_of(self, netns: str) -> Container | None:
        """Return the container whose namespace this is, or None."""
        for container in self.host.containers():
            if container.netns == netns and netns != HOST:
                return container
        return None


def veth_peer(network: Network, netns: str, link: Link) -> Port | None:
    """Return the other end of a veth; None when it lies outside of the snapshot.

    The kernel numbers links: each end names the other's index, and indexes of veths made in one namespace do not
    repeat, so the pair of both numbers finds the other end.
    """
    if link.kind != "veth" or link.peer_index is None:
        return None
    same = link.peer_netnsid is None
    for name, other in index_of(network.host).veths.get((link.peer_index, link.index, same), ()):
        if same == (name == netns):
            return Port(name, other)
    return None


def addresses_of(namespace: Namespace, link: str | None, version: Version) -> tuple[Address, ...]:
    """Return the addresses of one link (None: of all), in the kernel's order (primary first)."""
    return tuple(
        each for each in namespace.addresses if each.version == version and (link is None or each.link == link)
    )


def owns_address(namespace: Namespace, version: Version, value: int) -> bool:
    """Return whether the address is on any link of the namespace (which answers ARP for it on every link)."""
    return any(each.value == value and each.version == version for each in namespace.addresses)


def holds_address(namespace: Namespace, version: Version, value: int) -> bool:
    """Return whether the address is on any link, and this namespace's without a doubt: not tentative.

    Source: net/ipv6/addrconf.c ipv6_chk_addr()
    """
    return any(each.value == value and each.version == version and not each.tentative for each in namespace.addresses)


def answers_for(namespace: Namespace, version: Version, value: int) -> bool:
    """Return whether the namespace takes packets to the address as its own: it is on a link that is up.

    Source: net/ipv4/fib_frontend.c fib_disable_ip(), net/ipv6/addrconf.c addrconf_ifdown(), net/ipv6/ndisc.c
    ndisc_recv_ns()
    """
    return any(
        each.value == value and each.version == version and not each.tentative and _is_up(namespace, each.link)
        for each in namespace.addresses
    )


def _is_up(namespace: Namespace, name: str) -> bool:
    link = namespace.link(name)
    return link is None or link.up


def bridge_ports(namespace: Namespace, bridge: str) -> tuple[Link, ...]:
    """Return the ports of the bridge."""
    return tuple(link for link in namespace.links if link.master == bridge)


def is_bridge_port(namespace: Namespace, link: Link) -> bool:
    """Return whether the link's master is a bridge (and not a bond or a VRF)."""
    master = namespace.link(link.master) if link.master else None
    return master is not None and master.kind == "bridge"


def is_uplink(network: Network, netns: str, link: Link) -> bool:
    """Return whether the link leads out of the snapshot: a physical NIC, or a veth whose other end was not read."""
    if link.kind in ("", "bond", "vlan", "tun", "wireguard", "ipvlan", "macvlan"):
        return link.name != "lo" and "LOOPBACK" not in link.flags
    return link.kind == "veth" and veth_peer(network, netns, link) is None


def conf(
    namespace: Namespace, version: Version, link: str, name: str, *, rule: Literal["max", "or", "own"] = "own"
) -> int | None:
    """Return a per-interface sysctl as the kernel uses it.

    ``rule``: ``own`` the interface's value; ``max``/``or`` combined with ``conf.all`` (IN_DEV_MAXCONF, IN_DEV_ORCONF).
    Source: include/linux/inetdevice.h
    """
    family = "ipv4" if version == 4 else "ipv6"
    own = namespace.sysctl("net", family, "conf", link, name)
    if rule == "own":
        return own
    everywhere = namespace.sysctl("net", family, "conf", "all", name)
    known = [each for each in (own, everywhere) if each is not None]
    if not known:
        return None
    return max(known) if rule == "max" else int(any(known))


def bridge_nf(network: Network, namespace: Namespace, name: str) -> int | None:
    """Return one of br_netfilter's sysctls as it holds for the namespace's bridges; None: br_netfilter is not
    loaded."""
    own = namespace.sysctl("net", "bridge", name)
    if own is not None or Novelty.BRIDGE_NF_OF_NAMESPACE.known_to(namespace.kernel):
        return own
    host = network.host.namespace(HOST)
    return host.sysctl("net", "bridge", name) if host is not None else None

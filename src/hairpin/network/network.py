"""One network: the namespaces of several hosts, which wires join, and the assumed world around the hosts.

A :class:`Network` is an immutable value, so a change is a function from one network to another.  Derived facts, such as
the namespace that has an address or the peer of a veth, are computed on demand.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import msgspec

from hairpin.door import Door
from hairpin.host.docker import Container
from hairpin.host.host import Host, Namespace
from hairpin.host.kernel_release import Novelty
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.host.route import TABLE_LOCAL, Neighbour
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.network.index import holders, left_unread, namespaces_of, other_end, ports_by_ends
from hairpin.network.prefix import Version, inside, is_loopback, width
from hairpin.network.world import World


class Port(msgspec.Struct, frozen=True):
    """A link of a namespace, by namespace and name."""

    netns: Netns
    link: str


class Network(msgspec.Struct, frozen=True, dict=True):
    """The hosts and the world around them.  The first host is "this host" of the question."""

    hosts: tuple[Host, ...]
    world: World = World()

    @property
    def this(self) -> Host:
        """The network's first host.  A question without a host's name is about this host."""
        return self.hosts[0]

    def through(self, door: Door) -> "Network":
        """Return the same network with this door (door.py), by which an observer sees each step of a walk, and a walk
        gets its choices."""
        return msgspec.structs.replace(self, hosts=tuple(_through(host, door) for host in self.hosts))

    def seen_from(self, label: str) -> "Network":
        """Return the same network with the host ``label`` as "this host"."""
        this = self.host(label)
        if this is self.this:
            return self  # the same object keeps its cached results of walks
        return msgspec.structs.replace(self, hosts=(this, *(each for each in self.hosts if each is not this)))

    def host(self, label: str) -> Host:
        """Return the host with that label (empty: the first host); raise KeyError if the network has no such host."""
        for host in self.hosts:
            if label in ("", host.name):
                return host
        raise KeyError(label)

    def about_host(self, label: str, said: Message) -> Message:
        """Return the sentence about a host, with the host's label before it if the network has several hosts."""
        return message("{host}: {said}", host=label, said=said) if len(self.hosts) > 1 else said

    def host_netns(self, label: str = "") -> Netns:
        """Return the own namespace of the host with that label (empty: of the first host)."""
        return self.host(label).netns

    def __contains__(self, netns: Netns) -> bool:
        """Return whether the namespace was read."""
        return any(host.name == netns.host and netns.name in namespaces_of(host) for host in self.hosts)

    def namespace(self, netns: Netns) -> Namespace:
        """Return the namespace; raise KeyError when it was not read."""
        return _by_netns(self)[netns.host][netns.name]

    def namespaces(self) -> Iterator[tuple[Netns, Namespace]]:
        """Yield every namespace of every host with its identity."""
        for host in self.hosts:
            for namespace in host.namespaces:
                yield Netns(host.name, namespace.name), namespace

    def netns_text(self, netns: Netns) -> str:
        """Return the namespace's name for users, such as ``container:web``.

        In a network of several hosts, the name is ``container:web@node2``, or ``node2`` for the host's own
        namespace."""
        if len(self.hosts) == 1 or not netns.host:
            return netns.name
        return netns.host if netns.is_host else f"{netns.name}@{netns.host}"

    def with_host(self, changed: Host) -> "Network":
        """Return the network in which ``changed`` replaces the host with the same label."""
        hosts = tuple(changed if each.name == changed.name else each for each in self.hosts)
        return msgspec.structs.replace(self, hosts=hosts)

    def with_namespace(self, netns: Netns, changed: Namespace) -> "Network":
        """Return the network in which ``changed`` replaces the namespace."""
        host = self.host(netns.host)
        namespaces = tuple(changed if each.name == changed.name else each for each in host.namespaces)
        return self.with_host(msgspec.structs.replace(host, namespaces=namespaces))

    def container_of(self, netns: Netns) -> Container | None:
        """Return a container that runs in this namespace, or None."""
        if netns.is_host:
            return None
        for container in self.host(netns.host).containers():
            if container.netns == netns.name:
                return container
        return None


@kept
def _by_netns(network: Network) -> dict[str, Mapping[str, Namespace]]:
    """Return the namespaces by host label and name.  The empty label stands for the first host.  The result is cached
    for walks."""
    found = {host.name: namespaces_of(host) for host in reversed(network.hosts)}
    return {**found, "": namespaces_of(network.hosts[0])} if network.hosts else found


def _through(host: Host, door: Door) -> Host:
    namespaces = tuple(msgspec.structs.replace(each, door=door) for each in host.namespaces)
    return msgspec.structs.replace(host, namespaces=namespaces)


def netns_of(host: Host, container: Container) -> Netns | None:
    """Return the namespace of a container of the host; None if the namespace is not known."""
    return None if container.netns is None else Netns(host.name, container.netns)


def entering(network: Network, netns: Netns | None) -> str:
    """Return the words that run a command in the namespace if they precede it; empty for the host's own namespace, or
    if no process of the namespace is known."""
    if netns is None or netns.is_host:
        return ""
    host = network.host(netns.host)
    held = next((each for each in host.containers() if netns_of(host, each) == netns and each.pid), None)
    return f"nsenter -t {held.pid} -n " if held is not None else ""


def veth_peer(network: Network, netns: Netns, link: Link) -> Port | None:
    """Return the other end of a veth; None if it is outside of the snapshot.

    The kernel numbers links.  Each end of a veth has the other end's index, and veths that are made in one namespace
    have different indexes, so the pair of both indexes identifies the other end.
    """
    found = other_end(network.host(netns.host), netns.name, link)
    return Port(netns.sibling(found[0]), found[1]) if found is not None else None


def addresses_of(namespace: Namespace, link: str | None, version: Version) -> tuple[Address, ...]:
    """Return the addresses of one link (None: of all links), in the kernel's order (primary addresses first)."""
    return _by_link(namespace).get((version, link), ())


@kept
def _by_link(namespace: Namespace) -> dict[tuple[Version, str | None], tuple[Address, ...]]:
    found: dict[tuple[Version, str | None], list[Address]] = {}
    for each in namespace.addresses:
        for link in (each.link, None):
            found.setdefault((each.version, link), []).append(each)
    return {key: tuple(addresses) for key, addresses in found.items()}


def neighbour_entries(namespace: Namespace, link: str, version: Version, value: int) -> tuple[Neighbour, ...]:
    """Return the link's neighbour entries for the address, in the kernel's order."""
    return _by_neighbour(namespace).get((link, version, value), ())


@kept
def _by_neighbour(namespace: Namespace) -> dict[tuple[str, Version, int], tuple[Neighbour, ...]]:
    """Return the neighbour entries by link and address.  The index is kept, because a walk looks up each next hop
    several times, and a host with many containers has an entry for each of them."""
    found: dict[tuple[str, Version, int], tuple[Neighbour, ...]] = {}
    for each in namespace.neighbours:
        key = (each.link, each.version, each.value)
        found[key] = (*found.get(key, ()), each)
    return found


def free_address(
    namespace: Namespace, base: int, prefix_length: int, version: Version, *, besides: int | None = None
) -> int | None:
    """Return a free address of the network that begins with ``base``.  An address is free if it is not ``besides``, no
    address of the namespace, and no gateway in the namespace's routes.  Return None if the network has fewer than four
    addresses, or if none of the few addresses that are tried is free."""
    hosts = 1 << (width(version) - prefix_length)
    gateways = {hop.gateway for route in namespace.routes for hop in route.next_hops}
    for offset in (hosts - 6, hosts - 3, 2, 3, 1) if hosts >= 4 else ():
        value = base + offset % hosts
        if (
            value not in gateways
            and value != besides
            and not owns_address(namespace, version, value)
            and offset % hosts not in (0, hosts - 1)
        ):
            return value
    return None


def owns_address(namespace: Namespace, version: Version, value: int) -> bool:
    """Return whether a link of the namespace has the address.  A namespace that has an address answers ARP for the
    address on every link."""
    return (version, value) in _own(namespace)


def accepts_address(namespace: Namespace, version: Version, value: int) -> bool:
    """Return whether the namespace takes packets to the address as its own: a link has the address, or table ``local``
    has a route to it, as agents of clouds add it for the address of a load balancer."""
    return owns_address(namespace, version, value) or _is_accepted(namespace, version, value)


def is_held(network: Network, version: Version, value: int) -> bool:
    """Return whether any namespace that was read, on any host, takes packets to the address as its own."""
    return any(
        holders(host, version, value) or any(_is_accepted(each, version, value) for each in _accepting(host))
        for host in network.hosts
    )


def accepted_prefixes(namespace: Namespace, version: Version) -> tuple[tuple[int, int], ...]:
    """Return the destinations of the routes of table ``local``, each with its prefix length, without loopback addresses
    and without addresses of links.  Packets to all addresses of such a prefix are the namespace's own."""
    return tuple(prefix for of, prefix in _accepted(namespace) if of == version)


def _is_accepted(namespace: Namespace, version: Version, value: int) -> bool:
    return any(inside(value, *prefix, version) for prefix in accepted_prefixes(namespace, version))


@kept
def _accepted(namespace: Namespace) -> tuple[tuple[Version, tuple[int, int]], ...]:
    return tuple(
        (each.version, (each.destination, each.prefix_length))
        for each in namespace.routes
        if (each.type, each.table) == ("local", TABLE_LOCAL)
        and not is_loopback(each.destination, each.version)
        and not (each.prefix_length == width(each.version) and owns_address(namespace, each.version, each.destination))
    )


@kept
def _accepting(host: Host) -> tuple[Namespace, ...]:
    """Return the namespaces with such routes, of which most hosts have none."""
    return tuple(each for each in host.namespaces if _accepted(each))


@kept
def _own(namespace: Namespace) -> frozenset[tuple[Version, int]]:
    return frozenset((each.version, each.value) for each in namespace.addresses)


def answers_for(namespace: Namespace, version: Version, value: int) -> bool:
    """Return whether the namespace delivers packets to the address locally: the address is on a link that is up.

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
    return _by_master(namespace).get(bridge, ())


@kept
def _by_master(namespace: Namespace) -> dict[str, tuple[Link, ...]]:
    found: dict[str, list[Link]] = {}
    for link in namespace.links:
        if link.master is not None:
            found.setdefault(link.master, []).append(link)
    return {master: tuple(links) for master, links in found.items()}


def ports_leading(network: Network, netns: Netns, bridge: str, names: Collection[str]) -> tuple[Link, ...]:
    """Return the ports of the bridge by which the namespaces ``names`` may be reached.  These ports are all ports
    except veths whose peer was read in a namespace that is not in ``names``, and veths into containers that were left
    unread.  Out of a thousand ports to containers, usually a single port leads to the address that a walk looks for.
    """
    return ports_by_ends(network.host(netns.host), netns.name, bridge, names)


def is_bridge_port(namespace: Namespace, link: Link) -> bool:
    """Return whether the link's master is a bridge (and not a bond or a VRF)."""
    master = namespace.link(link.master) if link.master else None
    return master is not None and master.kind == "bridge"


def is_uplink(network: Network, netns: Netns, link: Link) -> bool:
    """Return whether the link leads out of the snapshot: a physical NIC; a bond, VLAN, tun, WireGuard, ipvlan or
    macvlan link; or a veth whose peer was not read and is in no known container."""
    if link.kind in ("", "bond", "vlan", "tun", "wireguard", "ipvlan", "macvlan"):
        return link.name != "lo" and "LOOPBACK" not in link.flags
    return link.kind == "veth" and veth_peer(network, netns, link) is None and not leads_to_left(network, netns, link)


def leads_to_left(network: Network, netns: Netns, link: Link) -> bool:
    """Return whether a veth's peer is in a container that the collector did not read."""
    return link.kind == "veth" and netns.is_host and link.peer_netnsid in left_unread(network.host(netns.host))


def outer_link(network: Network, netns: Netns, link: Link) -> Link | None:
    """Return the uplink by which packets on this link leave the snapshot: the link itself, or a port of the link if it
    is a bridge.

    Return None if the link leads only to namespaces that were read, such as containers on a bridge.
    """
    if is_uplink(network, netns, link):
        return link
    if link.kind != "bridge":
        return None
    known, key = _outer_ports(network.host(netns.host)), (netns.name, link.name)
    if key not in known:
        ports = ports_leading(network, netns, link.name, ())
        known[key] = next((each for each in ports if is_uplink(network, netns, each)), None)
    return known[key]


@kept
def _outer_ports(host: Host) -> dict[tuple[str, str], Link | None]:  # noqa: ARG001
    """Return the uplinks among the ports of bridges, by the bridges' namespaces and names, as far as they were looked
    for.  A bridge may have hundreds of ports, and each walk asks for its uplink."""
    return {}


def conf(
    namespace: Namespace, version: Version, link: str, name: str, *, rule: Literal["max", "or", "and", "own"] = "own"
) -> int | None:
    """Return a per-interface sysctl as the kernel uses it.

    With the ``rule`` ``own``, the result is the interface's value.  With ``max``, ``or`` or ``and``, the interface's
    value is combined with the value of ``conf.all`` (IN_DEV_MAXCONF, IN_DEV_ORCONF, IN_DEV_ANDCONF).
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
    if rule == "and":
        return int(len(known) == 2 and all(known))
    return max(known) if rule == "max" else int(any(known))


def bridge_nf(network: Network, netns: Netns, name: str) -> int | None:
    """Return the value of a br_netfilter sysctl for the namespace's bridges; None if br_netfilter is not loaded."""
    namespace = network.namespace(netns)
    own = namespace.sysctl("net", "bridge", name)
    if own is not None or Novelty.BRIDGE_NF_OF_NAMESPACE.known_to(namespace.kernel):
        return own
    if netns.of_host not in network:
        return None
    return network.namespace(netns.of_host).sysctl("net", "bridge", name)


def forwards(namespace: Namespace, version: Version, link: str) -> bool:
    """Return whether the kernel forwards packets that come in by the link.  For IPv6 the value of ``all`` counts, or
    since Linux 6.17 the link's own ``force_forwarding``.

    Source: net/ipv4/route.c ip_mkroute_input(): IN_DEV_FORWARD; net/ipv6/ip6_output.c ip6_forward()
    """
    if version == 4:
        return bool(conf(namespace, 4, link, "forwarding"))
    return bool(conf(namespace, 6, "all", "forwarding") or conf(namespace, 6, link, "force_forwarding"))

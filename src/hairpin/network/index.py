"""An index of a host's namespaces and veths; a host with a thousand containers has thousands of both.

A host never changes, so its index is made once and kept on it; a change makes another host.
"""

from collections.abc import Collection

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.kept import kept
from hairpin.network.prefix import Version, inside

_Pair = tuple[int, int | None, bool]
"""Index of a veth, index of its other end, and whether both are in one namespace."""


class Index:
    """``veths``: namespace and name of each veth, in the host's order.

    ``stacked``: the macvlans and ipvlans, by the namespace (None: another one) and index of the link below.
    """

    __slots__ = ("_locals", "_ports", "_wide", "namespaces", "stacked", "veths")

    def __init__(self, host: Host) -> None:
        self.namespaces: dict[str, Namespace] = {}
        self.veths: dict[_Pair, list[tuple[str, str]]] = {}
        self.stacked: dict[tuple[str | None, int | None], list[tuple[str, str]]] = {}
        for namespace in host.namespaces:
            self.namespaces.setdefault(namespace.name, namespace)
            for link in namespace.links:
                if link.kind == "veth":
                    pair = (link.index, link.peer_index, link.peer_netnsid is None)
                    self.veths.setdefault(pair, []).append((namespace.name, link.name))
                elif link.kind in ("macvlan", "ipvlan"):
                    below = (namespace.name if link.peer_netnsid is None else None, link.peer_index)
                    self.stacked.setdefault(below, []).append((namespace.name, link.name))
        self._ports: dict[tuple[str, str], dict[str | None, list[tuple[int, Link]]]] = {}
        self._locals: dict[tuple[int, int], set[str]] = {}
        self._wide: dict[tuple[int, int], set[str]] = {}
        for namespace in host.namespaces:
            self._add(namespace)

    def _add(self, namespace: Namespace) -> None:
        for place, link in enumerate(namespace.links):
            if link.master is not None:
                end = self.other_end(namespace.name, link) if link.tunnel is None else None
                behind = self._ports.setdefault((namespace.name, link.master), {})
                behind.setdefault(end[0] if end is not None else None, []).append((place, link))
        for each in namespace.addresses:
            self._locals.setdefault((each.version, each.value), set()).add(namespace.name)
        for route in namespace.routes:
            if (route.type, route.version) != ("local", 4):
                continue
            if route.prefix_length == 32:
                self._locals.setdefault((4, route.destination), set()).add(namespace.name)
            else:
                self._wide.setdefault((route.destination, route.prefix_length), set()).add(namespace.name)

    def other_end(self, name: str, link: Link) -> tuple[str, str] | None:
        """Return the namespace and the name of a veth's other end; None if it was not read."""
        if link.kind != "veth" or link.peer_index is None:
            return None
        same = link.peer_netnsid is None
        for namespace, other in self.veths.get((link.peer_index, link.index, same), ()):
            if same == (namespace == name):
                return namespace, other
        return None

    def ports_leading(self, name: str, bridge: str, names: Collection[str]) -> tuple[Link, ...]:
        """Return the ports of the bridge, in order, but veths whose other end was read in another namespace than
        these."""
        behind = self._ports.get((name, bridge), {})
        found = [port for each in (None, *names) for port in behind.get(each, ())]
        return tuple(link for _, link in sorted(found, key=lambda port: port[0]))

    def taking(self, version: Version, value: int) -> frozenset[str]:
        """Return the namespaces that may take packets to the address: it is theirs, or (IPv4) has a local route."""
        names = frozenset(self._locals.get((version, value), ()))
        if version == 6:
            return names
        return names.union(*(held for prefix, held in self._wide.items() if inside(value, *prefix, 4)))


@kept
def index_of(host: Host) -> Index:
    """Return the host's index."""
    return Index(host)

"""An index of a host's namespaces and veths; a host with a thousand containers has thousands of both.

A host never changes, so its index is made once and kept on it; a change makes another host.
"""

from hairpin.host.host import Host, Namespace
from hairpin.kept import kept

_Pair = tuple[int, int | None, bool]
"""Index of a veth, index of its other end, and whether both are in one namespace."""


class Index:
    """``veths``: namespace and name of each veth, in the host's order.

    ``stacked``: the macvlans and ipvlans, by the namespace (None: another one) and index of the link below.
    """

    __slots__ = ("namespaces", "stacked", "veths")

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


@kept
def index_of(host: Host) -> Index:
    """Return the host's index."""
    return Index(host)

"""What rules may ask of the namespace that they stand in."""

from typing import Literal

from hairpin.host.host import Namespace
from hairpin.netfilter.packet import TCP, UDP, Seen
from hairpin.network.routing import Query, address_type, lookup
from hairpin.walk.sockets import find_socket


class NamespaceSurroundings:
    """Answers from one namespace's routing tables and sockets (satisfies.Surroundings)."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace

    def address_type(self, version: Literal[4, 6], address: int, link: str | None) -> str:
        """See satisfies.Surroundings."""
        return address_type(self.namespace, version, address, link)

    def reverse_path(self, seen: Seen, *, loose: bool, use_mark: bool) -> bool:
        """See satisfies.Surroundings.  Source: net/ipv4/netfilter/ipt_rpfilter.c"""
        packet = seen.packet
        query = Query(packet.version, packet.saddr, packet.daddr, mark=packet.mark if use_mark else 0)
        found = lookup(self.namespace, query)
        if found.type not in ("unicast", "local"):
            return False
        return loose or any(hop.link == seen.iif for hop in found.next_hops)

    def owns_socket(self, seen: Seen, *, transparent: bool) -> bool | None:
        """See satisfies.Surroundings."""
        if seen.packet.protocol not in (TCP, UDP):
            return False
        found = find_socket(self.namespace, seen.packet, seen.iif)
        if found.kind == "unread":
            return None
        if transparent and found.socket is not None and found.socket.relay is None:
            return None  # what socket options it has is not read; docker-proxy sets none
        return found.socket is not None and not transparent

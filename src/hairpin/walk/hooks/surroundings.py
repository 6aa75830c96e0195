"""The facts about a namespace that matches of rules need: its routes, addresses and sockets."""

from collections.abc import Callable
from typing import Literal

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.kernel_release import Novelty, is_zero4
from hairpin.kept import kept
from hairpin.netfilter.limit import Limit, Queue, TimeWindow
from hairpin.netfilter.packet import TCP, UDP, Packet, Seen
from hairpin.network.address_type import address_fits6, address_type4, address_type6
from hairpin.network.prefix import LINK_LOCAL6, is_for_many, is_multicast
from hairpin.network.query import Query, Scope
from hairpin.network.routing import lookup
from hairpin.walk.hooks.flowtable import offloads
from hairpin.walk.sockets import find_socket


class NamespaceSurroundings:
    """The surroundings in one namespace: its routing tables and sockets (the protocol ``Surroundings`` of
    netfilter/evaluate/match.py).

    ``dialect`` is the dialect of the rule's table, because iptables and nft look addresses and routes up differently.
    """

    def __init__(self, namespace: Namespace, dialect: str = "iptables-nft") -> None:
        self.namespace = namespace
        self.nft = dialect == "nft"

    def address_is(self, seen: Seen, side: Literal["saddr", "daddr"], types: tuple[str, ...], link: str | None) -> bool:
        """Return whether the packet's address has one of the types, as iptables or nft looks types up."""
        packet = seen.packet
        value = packet.saddr if side == "saddr" else packet.daddr
        if packet.version == 4:
            return address_type4(self.namespace, value, link) in types
        if not self.nft:
            return address_fits6(self.namespace, value, frozenset(types), link)
        other = packet.daddr if side == "saddr" else packet.saddr
        near = (link or seen.iif or seen.oif) if _on_its_link(value) else None
        query = Query(6, value, other, protocol=packet.protocol, tos=packet.dscp << 2, scope=Scope(oif=near))
        return address_type6(self.namespace, query, link) in types

    def reverse_path(self, seen: Seen, *, loose: bool, use_mark: bool) -> bool:
        """Return whether a route leads back to the packet's source.  Unless ``loose`` is true, the route must use the
        input link.

        Policy rules see the packet's protocol but not its ports; with iptables for IPv4, policy rules do not even see
        the protocol. ip6tables looks up a route by the packet's input link, which policy rules see as ``oif``.
        iptables and nft look up any route and then compare its link.

        Source: net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c, nft_fib_ipv{4,6}.c
        """
        packet = seen.packet
        four = packet.version == 4
        with_protocol = not four or (self.nft and Novelty.FIB_ASKS_WITH_PROTOCOL.known_to(self.namespace.kernel))
        towards = 0 if four and not _is_source4(self.namespace, packet.daddr) else packet.daddr
        bound = not four and (_on_its_link(packet.saddr) or self._any_route6(loose=loose))
        scope = Scope(
            oif=seen.iif if bound else None,
            prefers=None if four or self.nft or loose else seen.iif,
            ignores_linkstate=True,
        )
        query = Query(
            packet.version,
            packet.saddr,
            0 if not four and is_multicast(towards, 6) else towards,
            mark=packet.mark if use_mark else 0,
            protocol=packet.protocol if with_protocol else None,
            tos=packet.dscp << 2,
            scope=scope,
        )
        found = lookup(self.namespace, query)
        # nft ``fib`` also accepts broadcast, multicast and (IPv4) anycast routes as a way back.
        led = ("unicast", "broadcast", "multicast", *(("anycast",) if four else ()))
        if found.type not in (led if self.nft else ("unicast", "local")):
            return False
        return loose or any(hop.link == seen.iif for hop in found.next_hops)

    def _any_route6(self, *, loose: bool) -> bool:
        return not (self.nft or loose or Novelty.RPFILTER6_BEST_ROUTE.known_to(self.namespace.kernel))

    def owns_socket(self, seen: Seen, *, transparent: bool, wildcard: bool) -> bool | None:
        """Return whether a socket of the namespace accepts the packet; None if that is not known.

        No reading lists client sockets.  So it is unknown whether a client socket expects this reply or ICMP error.
        """
        asked = _answered(seen)
        if asked.protocol not in (TCP, UDP):
            return False
        found = find_socket(self.namespace, asked, seen.iif, routed=False)
        if found.kind == "unread":
            return None
        if found.socket is None:
            to_client = asked is not seen.packet
            here = to_client and self.address_is(msgspec.structs.replace(seen, packet=asked), "daddr", ("local",), None)
            return None if here else False
        if found.socket.address is None and not wildcard:
            return False
        if transparent and found.socket.relay is None:
            return None  # the socket's options were not read; docker-proxy does not set IP_TRANSPARENT
        return not transparent

    def exceeds(self, seen: Seen, limit: Limit, entered: frozenset[str], passes: Callable[[Seen], bool]) -> bool:
        """Return whether the readings show that the packet exceeds the limit."""
        from hairpin.walk.hooks.limits import is_exceeded

        return is_exceeded(self.namespace, seen, limit, entered, passes)

    def is_read(self, queue: Queue) -> bool | None:
        """Return whether a program reads packets from the NFQUEUE queues; None if the queues were not read, or if
        programs read only some of them.  A packet that no program reads is dropped, or continues if the rule says
        ``bypass``: net/netfilter/nf_queue.c nf_queue()"""
        if self.namespace.queues is None:
            return None
        read = sum(queue.first <= each <= queue.last for each in self.namespace.queues)
        return None if 0 < read <= queue.last - queue.first else read > 0

    def is_now(self, window: TimeWindow) -> bool | None:
        """Return whether the host was read at a moment inside the time window; None if that is not known."""
        if self.namespace.now_s is None:
            return None
        from hairpin.netfilter.limit import is_inside

        return is_inside(window, self.namespace.now_s)

    def offloads(self, seen: Seen) -> bool:
        """Return whether ``flow add`` puts the packet's connection into a flowtable."""
        return offloads(self.namespace, seen)


def with_groups(namespace: Namespace, seen: Seen) -> Seen:
    """Return the packet with the groups of its interfaces, for ``-m devgroup`` and nft ``iifgroup``.

    Source: net/netfilter/xt_devgroup.c devgroup_mt(); nft_meta.c nft_meta_get_eval_ifgroup()
    """
    groups = _groups(namespace)
    if not groups:
        return seen
    return msgspec.structs.replace(seen, iif_group=groups.get(seen.iif, 0), oif_group=groups.get(seen.oif, 0))


@kept
def _groups(namespace: Namespace) -> dict[str, int | None]:
    """Return the groups of the links that are not in the default group, 0.  The value is None for a group with a name:
    the number of a name is in a file of the host (/etc/iproute2/group) that is not read."""
    listed = ((link.name, link.group) for link in namespace.links if link.group not in ("default", "0"))
    return {name: int(group) if group.isdecimal() else None for name, group in listed}


def _answered(seen: Seen) -> Packet:
    """Return the packet by which the socket is looked up.

    For a translated reply, the lookup uses the reply as its receiver gets it.  For an ICMP error, the lookup uses a
    reply to the quoted packet.  For any other packet, the lookup uses the packet itself.

    Source: net/ipv4/netfilter/nf_socket_ipv4.c nf_sk_lookup_slow_v4(), extract_icmp4_fields()
    """
    inner, connection = seen.packet.inner, seen.connection
    if inner is not None:
        ends = {"saddr": inner.daddr, "daddr": inner.saddr, "sport": inner.dport, "dport": inner.sport}
        return msgspec.structs.replace(inner, **ends)
    if connection is None or seen.ct_direction == 0:
        return seen.packet
    original = connection.original
    return msgspec.structs.replace(seen.packet, daddr=original.saddr, dport=original.sport)


def _on_its_link(address: int) -> bool:
    """Return whether an IPv6 address is valid on one link only (link-local, or a multicast group of that scope)."""
    return LINK_LOCAL6.holds(address, 6) or (is_multicast(address, 6) and address >> 112 & 0xF == 2)


def _is_source4(namespace: Namespace, address: int) -> bool:
    return not (is_for_many(address, 4) or is_zero4(namespace.kernel, address))

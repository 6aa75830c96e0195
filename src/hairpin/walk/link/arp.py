"""ARP: the sender address of a request, and whether a namespace replies.

ARP does not pass the IP hooks, but the receiver of a request looks up the sender's address in its routes.

Source: net/ipv4/arp.c arp_solicit(), arp_process(); Documentation/networking/ip-sysctl.rst
"""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.netfilter.packet import Packet
from hairpin.network.address_type import address_type4
from hairpin.network.index import PROXY_ARP
from hairpin.network.network import Network, Port, addresses_of, conf, forwards, owns_address
from hairpin.network.prefix import Version, inside
from hairpin.network.query import Found, Query
from hairpin.network.routing import lookup
from hairpin.network.source_address import source_address
from hairpin.walk.decided import LinkDecided, SysctlDecided
from hairpin.walk.ip.route_in import input_query, input_route
from hairpin.walk.state import End, State, Stop, stopped


def arp_sender_address(namespace: Namespace, link: str, packet: Packet, target: int) -> int:
    """Return the sender address of an ARP request for ``target``.

    The sender address is the packet's source address, if this host has it and ``arp_announce`` allows it.  Otherwise
    the sender address is an address of the link; 0 if the link has no address.
    """
    level = conf(namespace, 4, link, "arp_announce", rule="max") or 0
    known = level == 0 or (level == 1 and _share_network(addresses_of(namespace, link, 4), target, packet.saddr))
    if known and address_type4(namespace, packet.saddr) == "local":
        return packet.saddr
    return source_address(namespace, 4, link, target) or 0


_RESOLVING = ("", "veth", "bridge", "vlan", "bond", "macvlan")


def is_mute(link: Link) -> bool:
    """Return whether ARP was switched off (IFF_NOARP) on a link whose kind normally resolves neighbours.

    A link with ARP switched off answers no request, and sends each packet to its own hardware address.  Neighbour
    discovery is off, too.

    Source: net/ipv4/arp.c arp_rcv(), arp_constructor(); net/ipv6/ndisc.c ndisc_constructor()
    """
    off = "NOARP" in link.flags and "POINTOPOINT" not in link.flags
    return off and link.kind in _RESOLVING and link.mac is not None and link.tunnel is None


def replies(network: Network, netns: Netns, link: str, target: int, source: int) -> bool:
    """Return whether the namespace replies to an ARP request for ``target`` from ``source`` that comes in by the
    link, because it has the address or because it is a proxy for it.

    Source: net/ipv4/arp.c arp_process()
    """
    namespace = network.namespace(netns)
    if _may_be_local(namespace, target):
        asked = _received(netns, link, target, source)
        if lookup(namespace, input_query(namespace, asked)).type == "local":
            is_let_in = any(isinstance(each, State) for each in input_route(network, asked))
            return is_let_in and not (
                _ignored(namespace, link, target, source) or _filtered(namespace, link, target, source)
            )
    # Most namespaces on a segment neither have the address nor are proxies, and a lookup costs many times as much.
    return may_proxy(namespace, link) and _proxies(network, netns, link, target, source)


def may_proxy(namespace: Namespace, link: str) -> bool:
    """Return whether the link answers ARP requests for addresses of others that the namespace routes."""
    return any(conf(namespace, 4, link, name, rule="or") for name in PROXY_ARP)


def _proxies(network: Network, netns: Netns, link: str, target: int, source: int) -> bool:
    """Return whether the namespace answers for an address that it routes by another link (``proxy_arp``) or back by
    the same link (``proxy_arp_pvlan``).

    Source: net/ipv4/arp.c arp_fwd_proxy(), arp_fwd_pvlan(), without ``medium_id``
    """
    namespace = network.namespace(netns)
    asked = _received(netns, link, target, source)
    route = lookup(namespace, input_query(namespace, asked))
    if not _is_routed_for(namespace, link, route):
        return False
    return any(isinstance(each, State) for each in input_route(network, asked))


def is_proxy(namespace: Namespace, link: str, target: int) -> bool:
    """Return whether the namespace is a proxy for an address, whoever asks: it forwards what comes in by the link, and
    routes the address by another link."""
    if not may_proxy(namespace, link) or not forwards(namespace, 4, link):
        return False
    return _is_routed_for(namespace, link, lookup(namespace, Query(4, target, iif=link)))


def replies_late(network: Network, port: Port, version: Version, target: int) -> bool:
    """Return whether the reply of the link comes after that of the address's owner: it is a proxy's, which waits for
    a random time below ``proxy_delay``, 0.8 s by default.

    Source: net/ipv4/arp.c arp_process(): pneigh_enqueue(); net/core/neighbour.c
    """
    namespace = network.namespace(port.netns)
    if version == 6 or not may_proxy(namespace, port.link) or _may_be_local(namespace, target):
        return False
    return namespace.sysctl("net", "ipv4", "neigh", port.link, "proxy_delay") != 0


def _is_routed_for(namespace: Namespace, link: str, route: Found) -> bool:
    if route.type != "unicast":
        return False
    is_back = any(hop.link == link for hop in route.next_hops)
    return bool(conf(namespace, 4, link, "proxy_arp_pvlan" if is_back else "proxy_arp", rule="or"))


def _received(netns: Netns, link: str, target: int, source: int) -> State:
    return State("input-route", netns, Packet(4, source, target, 0), iif=link)


def refusal(network: Network, netns: Netns, link: str, target: int, source: int) -> Stop | None:
    """Return the stop of an ARP request that the namespace does not answer, although the namespace has the address.

    Return None for any other ARP request.

    arp_process() looks up a request's route like any packet's.  So strict rp_filter may drop the request, and a sender
    address of this host makes the request a martian.  A setting that hides an address of another link may be intended
    (such as a load balancer's address on lo): packets to that address arrive without an ARP request.
    """
    namespace = network.namespace(netns)
    if not owns_address(namespace, 4, target):
        return None
    asked = _received(netns, link, target, source)
    if (silent := arp_silence(namespace, link, target, source)) is not None:
        return stopped(asked, "no-neighbour", stage="neighbour", link=link, decided_by=silent, address=target).stop
    for each in input_route(network, asked):
        if isinstance(each, End) and each.stop is not None and each.stop.reason in ("rp-filter", "martian-source"):
            return msgspec.structs.replace(each.stop, stage="neighbour", address=target)
    return None


def arp_silence(namespace: Namespace, link: str, target: int, source: int) -> LinkDecided | SysctlDecided | None:
    """Return the setting that keeps the link from answering an ARP request for one of its own addresses, or None."""
    on = namespace.link(link)
    if on is None or all(each.value != target for each in addresses_of(namespace, link, 4)):
        return None
    if is_mute(on):
        return LinkDecided(link, ARP_IS_OFF, on.evidence)
    if _ignored(namespace, link, target, source):
        return _decisive(namespace, link, "arp_ignore")
    return _decisive(namespace, link, "arp_filter") if _filtered(namespace, link, target, source) else None


def is_beside(namespace: Namespace, link: str, client: int) -> bool:
    """Return whether the client's address is in the link's network and is not this host's.  A client in the link's
    network sends ARP requests itself."""
    own = addresses_of(namespace, link, 4)
    near = any(each.peer is None and inside(client, each.value, each.prefix_length, 4) for each in own)
    return near and not owns_address(namespace, 4, client)


def hiding_setting(namespace: Namespace, link: str, target: int, source: int) -> SysctlDecided | None:
    """Return the ``arp_ignore`` that keeps the link from answering an ARP request for an address of another link, or
    None.

    A machine on the link asks for the address only if the address is in a network of the link."""
    own = addresses_of(namespace, link, 4)
    if any(each.value == target for each in own) or not _share_network(own, target, target):
        return None
    hidden = owns_address(namespace, 4, target) and _ignored(namespace, link, target, source)
    return _decisive(namespace, link, "arp_ignore") if hidden else None


def _decisive(namespace: Namespace, link: str, key: str) -> SysctlDecided:
    """Return the sysctl that counts for the link: the kernel takes the larger of the link's value and of the value for
    all links."""
    of_link, of_all = (("net", "ipv4", "conf", name, key) for name in (link, "all"))
    path = max(of_link, of_all, key=lambda each: namespace.sysctls.number(*each) or 0)
    return SysctlDecided(path, namespace.sysctls.text(*path) or "", "0", namespace.sysctls.evidence)


ARP_IS_OFF = message("ARP is off on this link (NOARP)")


def _may_be_local(namespace: Namespace, target: int) -> bool:
    """Return whether any table has a local route to the address.  Without such a route, the address cannot be local."""
    return any(route.type == "local" and route.holds(target, 4) for route in namespace.routes)


def _ignored(namespace: Namespace, link: str, target: int, source: int) -> bool:
    """Return whether ``arp_ignore`` suppresses the reply.  Source: net/ipv4/arp.c arp_ignore()"""
    own = addresses_of(namespace, link, 4)
    match conf(namespace, 4, link, "arp_ignore", rule="max"):
        case 1:
            return not _confirmed(own, target, target)
        case 2:
            return not _confirmed(own, target, source)
        case 3:
            links = {each.link for each in namespace.addresses}
            each_link = (addresses_of(namespace, name, 4) for name in links)
            apart = (tuple(each for each in some if each.scope != "host") for some in each_link)
            return not any(_confirmed(some, target, target) for some in apart)
        case 8:
            return True
        case _:
            return False


def _confirmed(addresses: tuple[Address, ...], target: int, other: int) -> bool:
    """Return whether ``target`` is one of a link's addresses, and one of the link's networks contains ``target`` and
    ``other``.

    Source: net/ipv4/devinet.c confirm_addr_indev()
    """
    return any(each.value == target for each in addresses) and _share_network(addresses, target, other)


def _share_network(addresses: tuple[Address, ...], one: int, other: int) -> bool:
    """Return whether one network of the link's addresses contains both ``one`` and ``other``.  Source:
    net/ipv4/devinet.c inet_addr_onlink()"""
    networks = ((each.value if each.peer is None else each.peer, each.prefix_length) for each in addresses)
    return any(inside(one, *each, 4) and inside(other, *each, 4) for each in networks)


def _filtered(namespace: Namespace, link: str, target: int, source: int) -> bool:
    """Return whether ``arp_filter`` suppresses the reply: the route to the sender leaves by another link.

    Source: net/ipv4/arp.c arp_filter()
    """
    if not conf(namespace, 4, link, "arp_filter", rule="or"):
        return False
    back = lookup(namespace, Query(4, source, target))
    led = back.type in ("unicast", "broadcast", "anycast", "multicast")  # a local route leaves by lo
    return not led or all(hop.link != link for hop in back.next_hops)


def solicited_on(namespace: Namespace, link: str, address: int) -> bool:
    """Return whether the link may answer a solicitation for the IPv6 address.  Unlike with ARP, a link answers
    solicitations only for its own addresses.  An address that no link has may be proxied or anycast, so any link may
    answer for it.

    Source: net/ipv6/ndisc.c ndisc_recv_ns(): ipv6_get_ifaddr()
    """
    holders = {each.link for each in addresses_of(namespace, None, 6) if each.value == address}
    return not holders or link in holders

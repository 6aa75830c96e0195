"""The source address that the kernel chooses for a packet without a source address.

Source: net/ipv4/devinet.c inet_select_addr(); net/ipv6/addrconf.c ipv6_dev_get_saddr()
"""

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import NextHop
from hairpin.network.index import vrf_of
from hairpin.network.network import addresses_of, conf
from hairpin.network.prefix import LINK_LOCAL6, Version, inside, is_loopback, is_multicast, width
from hairpin.network.query import Found, Query


def source_address(
    namespace: Namespace, version: Version, link: str, towards: int, *, beyond: bool = False
) -> int | None:
    """Return the source address of packets that leave by ``link`` to the address ``towards``; None if there is no such
    address.  ``beyond``: whether the address is for machines behind a router; IPv4 then uses no address that has scope
    link or site.

    For IPv6, ``link`` may be empty if the link is not known yet.
    """
    if version == 6:
        return _source6(namespace, link, towards)
    return _source4(namespace, link, towards, ("global",) if beyond else ("global", "site", "link"))


def _source4(namespace: Namespace, link: str, towards: int, scopes: tuple[str, ...]) -> int | None:
    """Return the link's primary address whose network contains the destination, or else the link's first address, or
    else an address of another link."""
    own = [a for a in addresses_of(namespace, link, 4) if not a.tentative]
    primaries = [a for a in own if not a.secondary and a.scope in scopes]
    for address in primaries:
        if inside(towards, address.peer if address.peer is not None else address.value, address.prefix_length, 4):
            return address.value
    if primaries:
        return primaries[0].value
    # In a VRF, the VRF's own addresses come first, then its ports' addresses.  Without a VRF, only links in no VRF
    # count.
    vrf = vrf_of(namespace, link)
    others = [a for a in addresses_of(namespace, None, 4) if not a.secondary and a.scope == "global"]
    fellows = [a for a in others if vrf_of(namespace, a.link) == vrf]
    first = [a for a in fellows if vrf is not None and a.link == vrf.name]
    return next((a.value for a in (*first, *fellows)), None)


def _source6(namespace: Namespace, link: str, towards: int) -> int | None:
    only_own = link and (
        is_multicast(towards, 6) or _scope(towards) <= _LINK or conf(namespace, 6, link, "use_oif_addrs_only")
    )
    known = [a for a in addresses_of(namespace, link if only_own else None, 6) if not a.tentative]
    return max(known, key=lambda a: _fitness(namespace, a, link, towards)).value if known else None


def _fitness(namespace: Namespace, address: Address, link: str, towards: int) -> tuple[int, ...]:
    """Return how well the address fits as a source, by the rules of RFC 6724 in their order.

    Source: net/ipv6/addrconf.c ipv6_get_saddr_eval()
    """
    value, scope, asked = address.value, _scope(address.value), _scope(towards)
    label, wanted = _label(value), _label(towards)
    temporary = address.secondary  # in IPv6, this flag marks temporary addresses
    return (
        value == towards,
        -scope if scope >= asked else scope - 128,
        label in _NEVER_DEPRECATED or not address.deprecated,
        link in ("", address.link),
        label == wanted,
        temporary is ((conf(namespace, 6, address.link, "use_tempaddr") or 0) >= 2),
        (label == _ORCHID) is (wanted == _ORCHID),
        min(_common_bits(value, towards), address.prefix_length),
    )


_NONE, _LINK, _SITE, _GLOBAL = -1, 2, 5, 14


def _scope(address: int) -> int:
    """Return the scope of an IPv6 address.

    Source: net/ipv6/addrconf_core.c __ipv6_addr_type(), include/net/ipv6.h __ipv6_addr_src_scope()
    """
    if address == 0:
        return _NONE
    if is_multicast(address, 6):
        return address >> 112 & 0xF
    if LINK_LOCAL6.holds(address, 6) or is_loopback(address, 6):
        return _LINK
    return _SITE if inside(address, 0xFEC0 << 112, 10, 6) else _GLOBAL


_LABELS = (
    (0, 1, 128), (3, 0, 96), (4, 0xFFFF << 32, 96), (6, 0x2001 << 112, 32), (7, 0x20010010 << 96, 28),
    (12, 0x3FFE << 112, 16), (2, 0x2002 << 112, 16), (11, 0xFEC0 << 112, 10), (5, 0xFC << 120, 7),
)  # fmt: skip
"""The kernel's default address labels: label, network, prefix length.  No reading shows labels that a user added.

Source: net/ipv6/addrlabel.c ip6addrlbl_init_table
"""
_NEVER_DEPRECATED, _ORCHID = (0, 3, 4), 7


def _label(address: int) -> int:
    return next((label for label, network, length in _LABELS if inside(address, network, length, 6)), 1)


def _common_bits(one: int, other: int) -> int:
    return width(6) - (one ^ other).bit_length()


def preferred_source(namespace: Namespace, found: Found, hop: NextHop, query: Query) -> int | None:
    """Return the source address that the kernel gives a packet without a source address: ``src`` of the route, or else
    an address of the link.

    If a route leads out of a VRF, IPv4 uses an address of the VRF: net/ipv4/fib_semantics.c fib_select_path()
    """
    vrf = (
        vrf_of(namespace, query.scope.vrf or query.scope.oif) if query.version == 4 and found.type != "local" else None
    )
    if vrf is not None and hop.link is not None and vrf_of(namespace, hop.link) != vrf:
        return source_address(namespace, 4, vrf.name, 0)
    if found.route is not None and found.route.prefsrc is not None:
        return found.route.prefsrc
    if query.version == 6:
        # A packet to this host uses lo, but gets its source address from the link of its route: ip6_route_get_saddr()
        here = found.type in ("local", "anycast") and found.next_hops
        link = found.next_hops[0].link if here else hop.link
        return None if link is None else source_address(namespace, 6, link, query.daddr)
    if found.type == "local":
        return query.daddr
    if hop.link is None:
        return None
    # In IPv4 the route's link and gateway decide the source: net/ipv4/fib_semantics.c fib_info_update_nhc_saddr()
    gateway = hop.gateway if hop.gateway is not None and hop.gateway_version in (None, 4) else 0
    return source_address(namespace, 4, hop.link, gateway, beyond=hop.gateway is not None)

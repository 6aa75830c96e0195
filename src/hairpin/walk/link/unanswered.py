"""A machine beyond the hosts that is assumed to answer, although the kernel has no usable neighbour entry for it."""

from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import LEARNED, WithoutGateway
from hairpin.message import message
from hairpin.network.network import addresses_of, neighbour_entries
from hairpin.network.prefix import LINK_LOCAL6, address_text, is_multicast, width
from hairpin.walk.decided import Assumed, RouteDecided
from hairpin.walk.state import State


def silence_of(namespace: Namespace, state: State, link: Link, address: int) -> Assumed | None:
    """Return the assumption about a machine that did not answer the kernel's last request.

    The machine may have been off.  If it is behind a router, it never answers: a route or an address of the link then
    makes the kernel look for the machine on the wrong link.
    """
    found = neighbour_entries(namespace, link.name, state.packet.version, address)
    entry = next((each for each in found if each.unanswered), None)
    if entry is None and found:
        return None
    by = _without_gateway(namespace, state, link, address)
    if entry is None:
        return _never_seen(namespace, state, link, address, by)
    return Assumed(
        message(
            "{address} answers on {link}, although it did not answer when the kernel last asked (neighbour entry: "
            "{state})",
            address=address_text(address, state.packet.version),
            link=link.name,
            state=entry.state,
        ),
        entry=entry if state.next_hop is not None else None,
        own=() if _is_routed(namespace, state, link, address) else _on_link(namespace, link, state, address),
        by=by,
    )


def _without_gateway(namespace: Namespace, state: State, link: Link, address: int) -> WithoutGateway | None:
    """Return the route without a gateway that alone puts the address on the link, or None.  A route to this one address
    does not count, because an administrator set it on purpose."""
    if state.next_hop is None or state.next_hop.gateway is not None or not _is_routed(namespace, state, link, address):
        return None
    version = state.packet.version
    found = next((step.decided_by for step in reversed(state.history.steps) if step.netns == state.netns
                  and isinstance(step.decided_by, RouteDecided)), None)  # fmt: skip
    route = found.entry if isinstance(found, RouteDecided) else None
    if route is None or not route.holds(address, version) or route.prefix_length == width(version):
        return None
    from hairpin.network.uplinks import gateway_of, way_behind

    way = way_behind(namespace, version, link.name)
    return WithoutGateway(route, gateway_of(way, link.name) if way is not None else None)


def _on_link(namespace: Namespace, link: Link, state: State, address: int) -> tuple[Address, ...]:
    """Return the link's address whose network contains ``address``, and the link's first address if it is another
    address."""
    own = addresses_of(namespace, link.name, state.packet.version)
    fitting = [each for each in own if each.holds(address, each.version)]
    first = next((each for each in own if each.scope == "global"), None)
    if not fitting:
        return ()
    found = max(fitting, key=lambda each: each.prefix_length)
    return (found, first) if first is not None and first != found else (found,)


_KEPT_ENTRIES = 128
"""The kernel's default for net.ipv4.neigh.default.gc_thresh1.  With fewer entries, the kernel frees no unused entry."""


def _like_others(namespace: Namespace, link: Link, address: int, by: WithoutGateway) -> Assumed | None:
    """Return the assumption about a machine without a neighbour entry, if the kernel has asked for other machines on
    the same route without a gateway, and none of them answered; else None."""
    version = by.route.version
    own = addresses_of(namespace, link.name, version)
    others = [
        each
        for each in namespace.neighbours
        if (each.link, each.version) == (link.name, version)
        and by.route.holds(each.value, version)
        and not any(one.holds(each.value, version) for one in own)
        and not LINK_LOCAL6.holds(each.value, version)
        and not is_multicast(each.value, version)
    ]
    silent = [each for each in others if each.unanswered]
    if not silent or len(silent) < len(others):
        return None
    return Assumed(
        message(
            "{address} answers on {link}, although {other} did not answer when the kernel last asked (neighbour entry: "
            "{state})",
            address=address_text(address, version),
            other=address_text(silent[0].value, version),
            link=link.name,
            state=silent[0].state,
        ),
        entry=silent[0],
        by=by,
    )


def _never_seen(
    namespace: Namespace, state: State, link: Link, address: int, by: WithoutGateway | None
) -> Assumed | None:
    """Return the assumption about a machine that has no neighbour entry, or None.  There are two cases.  The route
    ``by`` without a gateway puts the machine on the link: see _like_others().  Or the machine is a gateway without an
    entry, while other machines on the link have learned entries.

    Source: net/core/neighbour.c neigh_periodic_work(): a learned entry stays"""
    if by is not None:
        return _like_others(namespace, link, address, by)
    version = state.packet.version
    entries = tuple(each for each in namespace.neighbours if each.version == version)
    learned = any(each.link == link.name and each.state in LEARNED for each in entries)
    is_gateway = state.next_hop is not None and state.next_hop.gateway == address
    if not learned or not is_gateway or not state.netns.is_host or len(entries) >= _KEPT_ENTRIES:
        return None
    return Assumed(
        message(
            "{address} answers on {link}, although it has no neighbour entry and other machines there have one",
            address=address_text(address, version),
            link=link.name,
        )
    )


def _is_routed(namespace: Namespace, state: State, link: Link, address: int) -> bool:
    """Return whether only a route puts the address on the link: the address is a gateway, or no network of the link
    contains it."""
    if state.next_hop is None:
        return False
    own = addresses_of(namespace, link.name, state.packet.version)
    return state.next_hop.gateway is not None or not any(each.holds(address, each.version) for each in own)

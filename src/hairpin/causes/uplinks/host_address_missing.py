"""The host's link to the outside has no address, or none of global scope.

Users see: no machine outside reaches the host, and the host reaches no machine, while ``127.0.0.1`` still works.

Proof: the link lacks the address that a file names for it, or no link to the outside has an address.  With an address
and a default route the packet passes.
Now: ``ip address add ADDRESS/LENGTH dev LINK``, then add the default route that was lost with the address.
Lasting: correct the host's network configuration (DHCP, networkd, NetworkManager, ifupdown, netplan).
"""

import shlex

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, Netns, OfLink, View, message
from hairpin.causes.uplinks._gateway import named_gateway
from hairpin.change.calls import ByPerson
from hairpin.change.change import AddEntry, Change, Primitive
from hairpin.change.intent import SendFrom, rendered
from hairpin.host.boot.configured_address import configured_addresses
from hairpin.host.floating import mover_of
from hairpin.host.link import Address, Link
from hairpin.host.route import NextHop, Route
from hairpin.network.attachment import attachment_of
from hairpin.network.lost_address import (
    SUBNET6,
    NamedAddress,
    bare_links,
    has_address,
    lost_by,
    named_for,
    stranded_gateway,
)
from hairpin.network.network import owns_address
from hairpin.network.prefix import Version, address_text, prefix_text
from hairpin.network.tables import has_default_route
from hairpin.network.unmasqueraded import narrow_address

_STAND_IN = (169 << 24) | (254 << 16) | 1
"""A link-local address with which walks show the effect of an address.  hairpin prints neither this address nor the
router's placeholder address."""


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for a link of another host that lacks the packet's destination address, if a file names the
    address for this link.  After this candidate, yield one candidate for each uplink of this host that lacks an address
    from a file.  If no file names a missing address and no uplink has an address, yield one candidate for an uplink
    without an address.

    Most hosts need no IPv6 address.  An IPv6 address counts as lost only if a file names it, or if a route's gateway
    shows that the link had an address."""
    yield from _of_other_host(view)
    yield from _of_scope(view)
    version = view.flow.version
    bare = tuple(bare_links(view.network, view.host_netns, version)) if view.on_host else ()
    named = tuple(_named(view, bare, version))
    for own, path in named:
        yield _as_named(view, NamedAddress(view.host_netns, own, path))
    if named or not bare:
        return
    asked = lost_by(view.network, view.flow)
    if asked is not None and asked in bare:
        own = Address(asked.name, version, view.flow.daddr, 24 if version == 4 else SUBNET6)
        asks = message(
            "no host that hairpin read has {address}: {link} may have had it",
            address=address_text(own.value, version),
            link=own.link,
        )
        yield _candidate(view, own, own.value ^ 1, ByPerson(_put_back(own.link)), advice=(asks,))
    elif version == 6:
        for link in bare:
            gateway = stranded_gateway(view.host_namespace, link.name, 6)
            if gateway is not None:
                said = message(
                    "a route through {link} leads to {gateway}, so {link} had an address in the network of {gateway}",
                    link=link.name,
                    gateway=address_text(gateway, 6),
                )
                own = Address(link.name, 6, gateway ^ 1 << 8, SUBNET6)
                yield _candidate(view, own, None, ByPerson(_put_back(own.link)), advice=(said,))
    elif not has_address(view.network, view.host_netns):
        own = Address(bare[0].name, 4, _STAND_IN, 16)
        yield _candidate(view, own, _STAND_IN + 1, ByPerson(_put_back(own.link)))


def _of_scope(view: View) -> Iterator[Candidate]:
    """Yield the candidate for a link whose address has scope link, so that MASQUERADE took another link's address."""
    packet, link = view.stop.seen.packet, view.stop.seen.oif
    own = narrow_address(view.host_namespace, link) if view.on_host and packet.version == 4 and link else None
    original = view.branch.request[0].packet.saddr if view.branch.request else packet.saddr
    found = attachment_of(view.network, view.host, original, 4)
    subnet = next((each for each in found.network.subnets if each.version == 4), None) if found is not None else None
    if own is None or subnet is None or view.stop.reason != "source-not-translated":
        return
    facts = {
        "link": link,
        "address": address_text(own.value, 4),
        "source": address_text(packet.saddr, 4),
        "own": prefix_text(own.value, own.prefix_length, 4),
    }
    change = rendered(SendFrom(view.host_netns, 4, subnet.network, subnet.prefix_length, link, own.value), view.network)
    yield Candidate(
        title=message("{link} has no address of global scope, so MASQUERADE takes {source} of another link", **facts),
        detail=message(
            "{address} on {link} has scope link. The host's own packets use it, because their route names it. "
            "MASQUERADE uses only addresses of global scope, and no host outside has a route back to {source}.",
            **facts,
        ),
        change=change,
        where=OfLink(link=link, address=facts["own"]),
        in_class="link-or-route",
        evidence=(own.evidence,),
        advice=(
            message(
                "in the configuration of {link}, give {own} the scope global: the rule above is then useless", **facts
            ),
        ),
    )


def _of_other_host(view: View) -> Iterator[Candidate]:
    """Yield one candidate for another host that was read and has lost the destination address of the packet or of the
    flow.  The packet's destination may be the address of a tunnel's far end."""
    packet, flow = view.stop.seen.packet, view.flow
    asked: tuple[tuple[Version, int], ...] = ((packet.version, packet.daddr), (flow.version, flow.daddr))
    for version, address in dict.fromkeys(asked):
        named = named_for(view.network, version, address)
        if named is not None and named.netns != view.host_netns:
            yield _as_named(view, named)


def _as_named(view: View, named: NamedAddress) -> Candidate:
    own = named.own
    source = message("{file} names {address}", file=named.path, address=address_text(own.value, own.version))
    router = named_gateway(view.network, named.netns, own)
    return _candidate(view, own, router.address if router is not None else None, netns=named.netns, advice=(source,))


def _candidate(
    view: View,
    own: Address,
    router: int | None,
    *calls: ByPerson,
    netns: Netns | None = None,
    advice: tuple[Message, ...] = (),
) -> Candidate:
    at = netns or view.host_netns
    namespace = view.network.namespace(at)
    parts: list[Primitive] = [AddEntry(at, own)]
    if router is not None and not has_default_route(namespace, own.version):
        route = Route(own.version, 0, 0, next_hops=(NextHop(own.link, router),))
        parts.append(AddEntry(at, route))
    link = namespace.link(own.link)
    return Candidate(
        title=message("{link} has no address of IPv{version}", link=own.link, version=own.version),
        detail=message("No host outside can reach this host through this link, and nothing leaves through it."),
        change=Change(tuple(parts), calls),
        where=OfLink(link=own.link),
        in_class="link-or-route",
        evidence=(link.evidence,) if link is not None else (),
        advice=advice,
    )


def _named(view: View, bare: tuple[Link, ...], version: Version) -> Iterator[tuple[Address, str]]:
    """Yield, for each link, the one address that files name for the link and that the host lacks, with the path of the
    file.

    A file may name the addresses of several links.  An address that may belong to another link is not yielded."""
    host = view.host_namespace
    lacking = {
        link.name: {
            own.value: (own, path)
            for own, path in configured_addresses(view.host, link.name, version)
            if not owns_address(host, version, own.value) and mover_of(view.host.floating, version, own.value) is None
        }
        for link in bare
    }
    for name, found in lacking.items():
        others = {value for other, values in lacking.items() if other != name for value in values}
        if len(found) == 1 and not others & found.keys():
            yield from found.values()


def _put_back(link: str) -> Message:
    return message(
        "no file or reading names the address: put the address and the default route back as they were, {command}, or "
        "restart the program that configures {link}",
        command=shlex.join(("ip", "address", "add", "ADDRESS/LENGTH", "dev", link)),
        link=link,
    )


CAUSE = Cause(
    title=message("The host's link to the outside has no address"),
    source="net/ipv4/devinet.c: inet_del_ifa()",
    reasons=frozenset({"no-route", "no-neighbour", "no-source-address", "martian-source", "rp-filter", "left-instead",
                       "link-missing", "address-lost", "tunnel-elsewhere", "source-not-translated"}),
)  # fmt: skip

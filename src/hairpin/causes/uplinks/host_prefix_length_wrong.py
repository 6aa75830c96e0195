"""The prefix length of a host's address on its link to the outside is not the prefix length of the link's network.

Users see: ``ip address`` shows the right address, but the host does not reach its neighbours and often not its router.
The kernel deletes the default route together with the last address of a link's network.

Proof: a file, or the other hosts that were read on the same wire, have the network with another prefix length, and all
agree on it.  With the address of this length and the lost default route, the packet passes.
Now: ``ip address add ADDRESS/LENGTH dev LINK``.  Then delete the address with the wrong length, and add the lost
default route.
Lasting: correct the host's network configuration (DHCP, networkd, NetworkManager, ifupdown, netplan).
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Netns, OfLink, View, message
from hairpin.causes.uplinks._gateway import named_gateway
from hairpin.change.change import AddEntry, Change, DeleteEntry, Primitive
from hairpin.host.link import Address
from hairpin.host.route import NextHop, Route
from hairpin.network.lost_address import Differs, differing_prefixes
from hairpin.network.prefix import Version, address_text
from hairpin.network.tables import has_default_route


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each address on any host whose prefix length differs from the length that all witnesses
    name.  All hosts are examined, because a packet that stops on one host may belong to a tunnel whose end is on
    another host."""
    versions: tuple[Version, ...] = (4, 6)
    for netns in (host.netns for host in view.network.hosts if host.netns in view.network):
        for version in versions:
            for each in differing_prefixes(view.network, netns, version):
                yield _candidate(view, netns, each)


def _candidate(view: View, netns: Netns, found: Differs) -> Candidate:
    namespace, own, right = view.network.namespace(netns), found.own, found.right
    parts: list[Primitive] = [AddEntry(netns, right), DeleteEntry(netns, own)]
    router = None if has_default_route(namespace, own.version) else named_gateway(view.network, netns, right)
    if router is not None:
        route = Route(own.version, 0, 0, next_hops=(NextHop(own.link, router.address),))
        parts.append(AddEntry(netns, route))
    return Candidate(
        title=message(
            "{link} of {host} has the address {own}; with the prefix length of its network the address is {right}",
            link=own.link,
            host=netns.host,
            own=_text(own),
            right=_text(right),
        ),
        detail=message(
            "With this prefix length the kernel made the routes of another network. The right prefix length is known "
            "from: {source}.",
            source=found.source,
        ),
        change=Change(tuple(parts)),
        where=OfLink(link=own.link, host=netns.host, value=_text(own), wanted=_text(right)),
        in_class="link-or-route",
        evidence=(own.evidence,) if own.evidence else (),
        advice=router.advice if router is not None else (),
    )


def _text(address: Address) -> str:
    return f"{address_text(address.value, address.version)}/{address.prefix_length}"


CAUSE = Cause(
    title=message("The host's address has the prefix length of another network"),
    source="net/ipv4/fib_frontend.c: fib_add_ifaddr(), fib_del_ifaddr()",
    reasons=frozenset({"no-route", "no-neighbour", "rp-filter", "left-instead", "no-tunnel-remote", "martian-source"}),
)

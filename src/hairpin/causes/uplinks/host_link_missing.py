"""The link that the host's network configuration names is gone, and no other link leads outside.

Users see: no machine outside reaches the host, and the host reaches no machine, while ``127.0.0.1`` still works.

Proof: the host has no link to the outside.  With the link and address that a file of the host names, the packet passes.
Now: bring the link back, by its driver, the card, the virtual machine's interface, or its old name.
Lasting: name the link by its hardware address in the network configuration.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, OfLink, View, message
from hairpin.causes.uplinks._gateway import named_gateway
from hairpin.change.calls import ByPerson
from hairpin.change.change import AddEntry, Change, Primitive, SetLink
from hairpin.host.boot.configured_address import configured_addresses, configured_links
from hairpin.host.link import Address, Link
from hairpin.host.route import NextHop, Route
from hairpin.network.network import is_uplink


def find(view: View) -> Iterator[Candidate]:
    """If the host has no uplink at all, yield one candidate for each missing link that a file configures with an
    address."""
    netns, host = view.host_netns, view.host_namespace
    if not view.on_host or any(is_uplink(view.network, netns, each) for each in host.links):
        return
    free = 1 + max((link.index for each in view.host.namespaces for link in each.links), default=0)
    for name, path in dict(configured_links(view.host)).items():
        addresses = [own for own, _ in configured_addresses(view.host, name, view.flow.version)]
        if len(addresses) != 1 or host.link(name) is not None:
            continue
        back = message("bring {link} back: check the driver, the card, and the virtual machine's interface", link=name)
        yield Candidate(
            title=message("{link} is gone, and this host has no other link to the outside", link=name),
            detail=message("{file} configures this link.", file=path),
            change=Change(tuple(_parts(view, Link(free, name), addresses[0])), (ByPerson(back),)),
            where=OfLink(link=name),
            in_class="link-or-route",
        )


def _parts(view: View, link: Link, own: Address) -> Iterator[Primitive]:
    yield SetLink(view.host_netns, link)
    yield AddEntry(view.host_netns, own)
    router = named_gateway(view.network, view.host_netns, own)
    if router is not None:
        route = Route(own.version, 0, 0, next_hops=(NextHop(own.link, router.address),))
        yield AddEntry(view.host_netns, route)


CAUSE = Cause(
    title=message("The host's link to the outside is gone"),
    source="net/core/dev.c unregister_netdevice_many()",
    reasons=frozenset({"link-missing", "no-route", "no-source-address", "left-instead", "no-neighbour"}),
)

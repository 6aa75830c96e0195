"""Source addresses to which the outside can send answers.

These are the hosts' own addresses, stated ways back, and addresses that somebody has exempted from masquerading on the
way to another site.  The walk asks whether the other site has a route back, and goes on as if it had one.  The world
has this route."""

from collections.abc import Iterator

from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, accepted_prefixes, addresses_of, is_uplink
from hairpin.network.prefix import Version, address_text, prefix_text, width
from hairpin.network.unmasqueraded import is_hidden, unmasqueraded
from hairpin.walk.granted.untranslated import exemption
from hairpin.walk.walked import walked


def known_sources(network: Network, version: Version) -> Iterator[str]:
    """Yield the source prefixes to which the outside can send answers (walk/outside.py _unknown_source())."""
    for netns in (host.netns for host in network.hosts if host.netns in network):
        namespace = network.namespace(netns)
        for address in addresses_of(namespace, None, version):
            if is_hidden(network, netns, version, address.value):
                continue
            yield f"{address_text(address.value, version)}/{width(version)}"
            link = namespace.link(address.link)
            if link is not None and is_uplink(network, netns, link):
                yield str(address.prefix)
        for each in accepted_prefixes(namespace, version):
            yield prefix_text(*each, version)
        for subnet in unmasqueraded(network, netns, version):
            yield prefix_text(*subnet, version)
    for back in network.world.return_routes:
        if back.version == version:
            yield str(back.prefix)


def exempted_sources(network: Network, flow: Flow) -> frozenset[int]:
    """Return the exempted source addresses of the flow's packets: at most one."""
    if not isinstance(flow.start, FromContainer):
        return frozenset()
    netns = network.host_netns(flow.host)
    ruleset = network.namespace(netns).ruleset
    found = (exemption(branch.request, netns, ruleset) for branch in walked(network, flow).branches)
    return frozenset(each.source for each in found if each is not None)


def exempted_prefixes(network: Network, flows: tuple[Flow, ...], version: Version) -> Iterator[str]:
    """Yield the exempted source addresses of all flows as prefixes."""
    for flow in (each for each in flows if each.version == version):
        yield from (f"{address_text(each, version)}/{width(version)}" for each in exempted_sources(network, flow))

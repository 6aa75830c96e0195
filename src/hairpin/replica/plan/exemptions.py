"""Source addresses that somebody has exempted from masquerading on the way to another site.

The walk asks whether the other site knows the way back, and takes that for granted.  The world does the same."""

from collections.abc import Iterator

from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import Version, address_text, width
from hairpin.walk.granted.untranslated import exemption
from hairpin.walk.walked import walked


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

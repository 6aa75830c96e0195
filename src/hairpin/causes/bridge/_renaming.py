"""The change that gives a network's bridge its name back."""

import msgspec

from hairpin.causes.cause import View
from hairpin.change.change import AddEntry, Change, Primitive, RenameLink, SetLink
from hairpin.change.difference import difference
from hairpin.change.simulate import simulate
from hairpin.engines.bridging import bridge_addresses
from hairpin.host.docker import DockerNetwork
from hairpin.host.kernel_release import Version, kernel_version
from hairpin.host.link import Link
from hairpin.network.network import Network

RENAMES_LIVE_LINKS: Version = (6, 2)
"""The first kernel that renames a link that is up.  Source: net/core/dev.c dev_change_name()"""


def named_back(view: View, link: Link, joined: DockerNetwork, name: str) -> Change:
    """Return the change that gives the link the name of the network's bridge, and the addresses that it lost.  An older
    kernel renames a link only while it is down, and a link that goes down loses its IPv6 addresses."""
    parts = _renamed(view, link, name)
    after = simulate(Change(parts), view.network)
    held = {(each.version, each.value) for each in after.namespace(view.host_netns).addresses}
    lost = (each for each in bridge_addresses(view.host, joined) if (each.version, each.value) not in held)
    return Change((*parts, *(AddEntry(view.host_netns, each) for each in lost)))


def _renamed(view: View, link: Link, name: str) -> tuple[Primitive, ...]:
    """Return the parts that rename the link.  If it has to be down for that, they put back what it loses then."""
    netns = view.host_netns
    rename = RenameLink(netns, link.name, name)
    if not link.up or kernel_version(view.host_namespace.kernel) >= RENAMES_LIVE_LINKS:
        return (rename, *_up(view, link, name)) if not link.up else (rename,)
    down = SetLink(netns, msgspec.structs.replace(link, up=False, carrier=False, operstate="DOWN"))
    parts = (down, rename, SetLink(netns, msgspec.structs.replace(link, name=name)))
    return (*parts, *_left(view.network, parts, rename))


def _up(view: View, link: Link, name: str) -> tuple[SetLink, ...]:
    return (SetLink(view.host_netns, msgspec.structs.replace(link, name=name, up=True)),)


def _left(network: Network, parts: tuple[Primitive, ...], rename: RenameLink) -> tuple[Primitive, ...]:
    """Return what puts the rest back as it is where the link never was down."""
    return difference(simulate(Change(parts), network), simulate(Change((rename,)), network)).parts

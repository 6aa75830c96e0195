"""How an outside client's flow begins in the world: the addresses of its packet, and the host's link by which the
packet enters."""

import msgspec

from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network, addresses_of, owns_address
from hairpin.network.prefix import Version, address_text
from hairpin.replica.plan.links import holder_of
from hairpin.walk.outside import enters_by
from hairpin.walk.state import End, Reason, State
from hairpin.walk.tunnelled import innermost, tunnel_to

_NEVER_IN: tuple[Reason, ...] = ("upstream-denies", "link-missing")


class Entry(msgspec.Struct, frozen=True):
    """The addresses of an outside client's packet when it enters the host.

    ``link``: the host's link by which the packet enters; empty if the client is on the link and resolves the
    destination address itself."""

    source: str
    destination: str
    link: str = ""


def is_behind_container(flow: Flow) -> bool:
    """Return whether the flow's client is behind a container that routes its packets.

    The world has no wire to a client behind a container."""
    return isinstance(flow.start, Outside) and flow.start.behind is not None


def entry(network: Network, flow: Flow) -> Entry | None:
    """Return how the flow begins in the world.

    Return None if the flow starts inside a host, or if its client is behind a container.  Return None also if the
    packet never enters the host, because an upstream rule denies it or the host has no link to the outside."""
    if not isinstance(flow.start, (Outside, Lan)) or is_behind_container(flow):
        return None
    started = enters_by(network, flow)
    state = started if isinstance(started, State) else started.state
    if isinstance(started, End) and started.stop is not None and started.stop.reason in _NEVER_IN:
        return None
    packet = innermost(state)
    name = state.iif or (started.stop.link if isinstance(started, End) and started.stop is not None else "")
    netns = network.host_netns(flow.host)
    tunnel = tunnel_to(network, netns, flow.version, flow.start.address)
    if state.carried is not None and tunnel is not None:
        return Entry(
            address_text(packet.saddr, packet.version), address_text(packet.daddr, packet.version), tunnel[0].name
        )
    link = network.namespace(netns).link(name)
    if link is None or (
        isinstance(flow.start, Lan) and _neighbours(network, netns, link, packet.version, packet.daddr)
    ):
        name = ""
    return Entry(address_text(packet.saddr, packet.version), address_text(packet.daddr, packet.version), name)


def _neighbours(network: Network, netns: Netns, link: Link, version: Version, address: int) -> bool:
    """Return whether a client on the link resolves the address itself.

    The client resolves an address that is in a network of the host's link and is not an address of the host."""
    namespace = network.namespace(netns)
    subnets = addresses_of(namespace, holder_of(namespace, link).name, version)
    return not owns_address(namespace, version, address) and any(each.holds(address, version) for each in subnets)

"""Wires that have uplinks of several hosts.  In the replica, a bridge stands for each of these wires.

Each of these uplinks has two ports on the bridge.  One port is the uplink's far end, the other port is the near end of
a wire to the world.  With this bridge the hosts reach each other with their real hardware addresses, and each uplink
has its own end in the world (plan/between.py).
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.netns import Netns
from hairpin.network.network import Network, Port, is_uplink
from hairpin.network.wires import wires_of


class Segment(msgspec.Struct, frozen=True):
    """A wire with uplinks of several hosts.  ``name``: the bridge that stands for the wire."""

    name: str
    uplinks: tuple[Port, ...]


def segments(network: Network, names: tuple[Netns, ...]) -> tuple[Segment, ...]:
    """Return the wires between the hosts of these namespaces.  The result is empty if there is only one host."""
    groups: list[tuple[Port, ...]] = []
    for pair in _joined(network, names):
        touched = [group for group in groups if not set(group).isdisjoint(pair)]
        groups = [group for group in groups if group not in touched]
        groups.append(tuple(dict.fromkeys((*(port for group in touched for port in group), *pair))))
    return tuple(Segment(f"s{number}", group) for number, group in enumerate(groups, 1))


def _joined(network: Network, names: tuple[Netns, ...]) -> Iterator[tuple[Port, Port]]:
    """Yield the pairs of uplinks of two hosts that are on one wire."""
    for netns in (name for name in names if name.is_host):
        for link in network.namespace(netns).links:
            here = Port(netns, link.name)
            for wire in wires_of(network, here) if is_uplink(network, netns, link) else ():
                if wire.far.netns in names and _vlan_of(network, here) == _vlan_of(network, wire.far):
                    yield _lowest(network, here), _lowest(network, wire.far)


def _vlan_of(network: Network, port: Port) -> int | None:
    link = network.namespace(port.netns).link(port.link)
    return link.vlan_id if link is not None and link.kind == "vlan" else None


def _lowest(network: Network, port: Port) -> Port:
    """Return the link that is connected to the wire: the link below a VLAN, the bond of a bond's member, or the link
    itself."""
    namespace = network.namespace(port.netns)
    link = namespace.link(port.link)
    assert link is not None
    bond = namespace.link(link.master or "")
    if bond is not None and bond.kind == "bond":
        return Port(port.netns, bond.name)
    lower = link.lower if link.kind == "vlan" and namespace.link(link.lower or "") is not None else None
    return _lowest(network, Port(port.netns, lower)) if lower is not None else port

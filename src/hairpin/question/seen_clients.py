"""Clients that a reading shows: clients that sent requests to this host, and neighbours whose network a container
network covers, too.

Connection tracking shows the clients that sent requests.  The host has no route back to some of them, because a
container network has their addresses.  Others came by an uplink whose router no route names.

A container network covers a client if three things are true: the client's request came to an address of the host's
uplink, the client's address is in the network of a container bridge, and no container has the client's address.  The
host's answer to a covered client goes into the bridge.
"""

from collections.abc import Iterable, Iterator

from hairpin.host.link import Address
from hairpin.host.netns import Netns
from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_DYING
from hairpin.netfilter.packet import TCP, UDP, Connection
from hairpin.network.flow import Lan
from hairpin.network.network import Network, addresses_of, free_address, is_held, is_uplink, outer_link
from hairpin.network.prefix import Version, width

_MOST = 2
"""The greatest number of clients that are tried for one IP version.  Each client belongs to another container
network."""


def covered_clients(network: Network, netns: Netns, version: Version) -> tuple[int, ...]:
    """Return one covered client for each container network that covers clients of this host.  Only clients whose
    connection is half open count."""
    host = network.namespace(netns)
    if not host.connections:
        return ()
    own = {each.value for each in addresses_of(host, None, version) if _is_outer(network, netns, each.link)}
    bridges = _bridges(network, netns, version)
    found: dict[int, int] = {}
    for each in host.connections if bridges and own else ():
        client = each.original.saddr
        if each.version != version or each.original.daddr not in own or not _is_half_open(each):
            continue
        covering = (one for one in bridges if one.holds(client, version))
        bridge = next((one.value for one in covering if not is_held(network, version, client)), None)
        if bridge is not None:
            found.setdefault(bridge, client)
    return tuple(found.values())[:_MOST]


def neighbours_covered(
    network: Network, netns: Netns, version: Version, further: Iterable[Address]
) -> Iterator[tuple[Lan, int]]:
    """Yield a neighbour in the network of each of these addresses of uplinks that a container network covers, at least
    in part, with this address.  The neighbour's address is in both networks, and no container has it."""
    host, bridges = network.namespace(netns), _bridges(network, netns, version)
    for own in further:
        for bridge in bridges if own.prefix_length < width(version) else ():
            both = max(own.prefix, bridge.prefix, key=lambda each: each.prefix_length)
            if not (own.holds(both.first, version) and bridge.holds(both.first, version)):
                continue
            client = free_address(host, both.first, both.prefix_length, version)
            if client is not None and not is_held(network, version, client):
                yield Lan(client, own.link), own.value
                break


def _bridges(network: Network, netns: Netns, version: Version) -> list[Address]:
    """Return the addresses of the container networks' bridges."""
    held = addresses_of(network.namespace(netns), None, version)
    return [
        each for each in held if each.prefix_length < width(version) and _is_of_containers(network, netns, each.link)
    ]


def client_at(network: Network, netns: Netns, version: Version, address: int) -> int | None:
    """Return a client from elsewhere that sent a request to this address of the host; None if no such client is known.
    A client whose connection is half open comes first."""
    host = network.namespace(netns)
    asked = [
        each
        for each in host.connections
        if (each.version, each.original.daddr) == (version, address)
        and each.original.protocol in (TCP, UDP)
        and not any(own.holds(each.original.saddr, version) for own in addresses_of(host, None, version))
    ]
    return min(asked, key=lambda each: not _is_half_open(each)).original.saddr if asked else None


def _is_half_open(entry: Connection) -> bool:
    """Return whether the client has never reacted to the host's answer."""
    return entry.original.protocol in (TCP, UDP) and not entry.status & (STATUS_ASSURED | STATUS_DYING)


def _is_outer(network: Network, netns: Netns, name: str) -> bool:
    link = network.namespace(netns).link(name)
    return link is not None and is_uplink(network, netns, link)


def _is_of_containers(network: Network, netns: Netns, name: str) -> bool:
    """Return whether the link is a bridge without a port to the outside."""
    link = network.namespace(netns).link(name)
    return link is not None and link.kind == "bridge" and outer_link(network, netns, link) is None

"""The recorded nodes of a swarm, whose overlay network has lost entries, or what dockerd made for it on node2."""

from typing import Any

from msgspec.structs import replace

from hairpin.change.change import SetLink, one
from hairpin.change.simulation.simulate import simulate
from hairpin.host.contact import Contact
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, veth_peer
from hairpin.network.prefix import parse_address
from tests.acceptance.test_networks import network as recorded


def _asking_anew(whole: Network) -> Network:
    """Return the network whose containers have no neighbour entries."""
    for netns, namespace in whole.namespaces():
        if netns.name.startswith("container:"):
            whole = whole.with_namespace(netns, replace(namespace, neighbours=()))
    return whole


def untold(*nodes: str) -> Network:
    """Return the swarm in which dockerd of these nodes has told the kernel of no container of others."""
    whole = OVERLAY
    for netns, namespace in whole.namespaces():
        if netns.host in nodes and netns.name.startswith("netns:1-"):
            kept = tuple(each for each in namespace.fdb if each.remote is None)
            whole = whole.with_namespace(netns, replace(namespace, neighbours=(), fdb=kept))
    return whole


def ended_on(node: str, whole: Network) -> Network:
    """Return the swarm after dockerd of the node was killed."""
    gone = (Contact("docker", "", "stopped"),)
    hosts = (replace(each, contacts=gone) if each.name == node else each for each in whole.hosts)
    return replace(whole, hosts=tuple(hosts))


OVERLAY = _asking_anew(recorded("healthy-swarm-overlay"))
GATEWAY = parse_address("10.0.9.1")[1]
WEB = FromContainer("web", Netns("node1", "container:web"))
TO_NODE2 = Flow(WEB, 4, parse_address("10.0.9.12")[1], "tcp", 80, host="node1")
FROM_NODE2 = Flow(
    FromContainer("web", Netns("node2", "container:web")), 4, parse_address("10.0.9.11")[1], "tcp", 80, host="node2"
)
WEB2 = Netns("node2", "container:web")
BEHIND = next(
    netns
    for netns, namespace in OVERLAY.namespaces()
    if netns.host == "node2" and netns.overlay and any(each.value == GATEWAY for each in namespace.addresses)
)
"""dockerd's namespace of the overlay network on node2."""
PORT = next(
    each
    for each in OVERLAY.namespace(BEHIND).links
    if (end := veth_peer(OVERLAY, BEHIND, each)) is not None and end.netns == WEB2
)
"""The end of web's veth there."""


def set_there(link: Link, netns: Netns = BEHIND, **values: Any) -> Network:
    """Return the swarm in which a link of node2 has these settings, with all that the kernel does then."""
    return simulate(one(SetLink(netns, replace(link, **values))), OVERLAY)


def device(name: str) -> Link:
    """Return the link of that name in dockerd's namespace."""
    return next(each for each in OVERLAY.namespace(BEHIND).links if each.name == name)


def deleted(name: str, netns: Netns = BEHIND) -> Network:
    """Return the swarm in which a device of node2 is gone, with all that was on it."""
    namespace = OVERLAY.namespace(netns)
    kept = (each for each in namespace.links if each.name != name)
    links = (replace(each, master=None, port=None) if each.master == name else each for each in kept)
    changed = replace(
        namespace,
        links=tuple(links),
        addresses=tuple(each for each in namespace.addresses if each.link != name),
        routes=tuple(each for each in namespace.routes if all(hop.link != name for hop in each.next_hops)),
        neighbours=tuple(each for each in namespace.neighbours if each.link != name),
        fdb=tuple(each for each in namespace.fdb if each.port != name),
    )
    return OVERLAY.with_namespace(netns, changed)


LEARNED = replace(
    OVERLAY.namespace(BEHIND),
    neighbours=(),
    fdb=tuple(replace(each, state="") if each.remote is not None else each for each in OVERLAY.namespace(BEHIND).fdb),
)
"""dockerd has told the kernel of no container of node1, and the device has learned where they are from their frames."""
FORGOTTEN = OVERLAY.with_namespace(BEHIND, replace(OVERLAY.namespace(BEHIND), neighbours=()))
"""node2's vxlan device was down for a moment."""

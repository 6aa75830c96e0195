"""The recorded nodes of a swarm, whose overlay network has lost entries."""

import msgspec

from hairpin.host.docker import Contact
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.acceptance.test_networks import network as recorded


def _asking_anew(whole: Network) -> Network:
    """Return the network whose containers have no neighbour entries."""
    for netns, namespace in whole.namespaces():
        if netns.name.startswith("container:"):
            whole = whole.with_namespace(netns, msgspec.structs.replace(namespace, neighbours=()))
    return whole


def untold(*nodes: str) -> Network:
    """Return the swarm in which dockerd of these nodes has told the kernel of no container of others."""
    whole = OVERLAY
    for netns, namespace in whole.namespaces():
        if netns.host in nodes and netns.name.startswith("netns:1-"):
            kept = tuple(each for each in namespace.fdb if each.remote is None)
            whole = whole.with_namespace(netns, msgspec.structs.replace(namespace, neighbours=(), fdb=kept))
    return whole


def ended_on(node: str, whole: Network) -> Network:
    """Return the swarm after dockerd of the node was killed."""
    gone = (Contact("docker", "", "stopped"),)
    hosts = (msgspec.structs.replace(each, contacts=gone) if each.name == node else each for each in whole.hosts)
    return msgspec.structs.replace(whole, hosts=tuple(hosts))


OVERLAY = _asking_anew(recorded("healthy-swarm-overlay"))
WEB = FromContainer("web", Netns("node1", "container:web"))
TO_NODE2 = Flow(WEB, 4, parse_address("10.0.9.12")[1], "tcp", 80, host="node1")

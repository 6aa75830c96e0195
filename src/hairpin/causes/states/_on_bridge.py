"""The far ends of a host's bridge ports: the namespaces that share a segment."""

from collections.abc import Iterator
from typing import NamedTuple

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.network.network import Network, is_bridge_port, veth_peer


class Far(NamedTuple):
    """The far end of a bridge port: its namespace and its link there."""

    bridge: str
    netns: Netns
    namespace: Namespace
    link: Link


def far_ends_of(host: Host) -> Iterator[Far]:
    """Yield the far end of each veth that is a bridge port of the host, if its namespace was read."""
    network = Network((host,))
    here = network.namespace(host.netns)
    for port in here.links:
        if port.kind != "veth" or port.master is None or not is_bridge_port(here, port):
            continue
        peer = veth_peer(network, host.netns, port)
        if peer is None or peer.netns.is_host:
            continue
        inner = network.namespace(peer.netns)
        link = inner.link(peer.link)
        if link is not None:
            yield Far(port.master, peer.netns, inner, link)

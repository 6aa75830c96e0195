"""Where a real packet of a flow can be sent from, or why it cannot: this host's namespace, a container's, or another
machine."""

import msgspec

from hairpin.host.netns import Netns, namespace_file
from hairpin.message import Message, message
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, is_for_many


class LiveStandpoint(msgspec.Struct, frozen=True):
    """A place from which probes are sent.

    ``name``: ``host``, ``container:NAME``, ``netns:NAME``, or USER@HOST.  ``netns``: the namespace on this host; None
    for another machine.  ``source``: the address to which the sender binds; empty if the kernel chooses it."""

    name: str
    netns: Netns | None = None
    source: str = ""


def standpoint_of(network: Network, flow: Flow, probe_from: str) -> LiveStandpoint | Message:
    """Return the standpoint of the flow, or the reason why no probe of it is sent.

    ``probe_from``: the machine whose packets the flow's outside client stands for; empty if there is none."""
    if flow.host not in ("", network.this.name):
        return message("it starts on another host than this one")
    if is_for_many(flow.daddr, flow.version):
        return message("no packet is sent to a broadcast or multicast address")
    match flow.start:
        case Outside() | Lan() if flow.invented or isinstance(flow.start, Lan) or not probe_from:
            return message("it starts on another machine: --probe-from USER@HOST sends it from there (a login by ssh)")
        case Outside() | Lan():
            return LiveStandpoint(probe_from)
        case FromHost() | FromContainer() if flow.invented:
            return message("hairpin chose its address; it sends packets only to an address that you name")
        case FromHost(address=address):
            return LiveStandpoint("host", network.this.netns, _text(address, flow))
        case FromContainer(netns=netns, address=address):
            if namespace_path(network, netns) is None:
                return message("the network namespace of its sender cannot be entered")
            return LiveStandpoint(flow.start_text().partition(" ")[0], netns, _text(address, flow))


def namespace_path(network: Network, netns: Netns) -> str | None:
    """Return the file with which this process enters a namespace of this host; None if there is none."""
    if netns.host != network.this.name:
        return None
    if netns.is_host:
        return "/proc/self/ns/net"
    if netns.is_named:
        return namespace_file(netns)
    container = network.container_of(netns)
    return f"/proc/{container.pid}/ns/net" if container is not None and container.pid else None


def _text(address: int | None, flow: Flow) -> str:
    return address_text(address, flow.version) if address is not None else ""

"""Missing readings of the namespace in which a packet is.  Missing links, routes or kernel settings end the walk.  If
rules or a socket's process were not read, the walk continues under a condition.  Behind a bridge port there may be an
unread namespace."""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.message import Message, message, verbatim
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.ir import Chain, Table
from hairpin.network.attachment import network_of_bridge
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import Version, address_text
from hairpin.network.socket_owner import holds_for_engine
from hairpin.question.unread_ports import UnreadPort, port_towards_unread
from hairpin.walk.decided import Assumed
from hairpin.walk.sockets import socket_text
from hairpin.walk.state import End, State, stopped
from hairpin.walk.trace import Branch

_ROUTED = ("input-route", "output-route")
_CONTAINERS = {"docker-containers", "podman-containers"}


def unmade_link(state: State, link: str) -> End:
    """Return the end of a packet whose link is missing after an event, because a program in the container makes this
    link."""
    said = message("the program in {netns} makes {link} again", netns=state.netns.name, link=link)
    end = stopped(state.given(Condition(said, holds=True)), "namespace-unread", link=link, decided_by=Assumed(said))
    return msgspec.structs.replace(end, kind="unknown")


def unread_end(network: Network, state: State) -> End | None:
    """Return the packet's end if its namespace's links were not read.  At a stage with a route lookup, also return the
    packet's end if the routes or sysctls were not read."""
    namespace, version = network.namespace(state.netns), state.packet.version
    if "ip-addr" in namespace.unread and not namespace.links:
        said = message("the links and addresses of {netns} let the packet pass", netns=network.netns_text(state.netns))
    elif (
        state.stage in _ROUTED
        and f"ip-route{version}" in namespace.unread
        and not any(each.version == version for each in namespace.routes)
    ):
        said = message("the routes of {netns} forward the packet", netns=network.netns_text(state.netns))
    elif state.stage in _ROUTED and "sysctl" in namespace.unread and not namespace.sysctls.values:
        said = message("the kernel settings of {netns} let the packet pass", netns=network.netns_text(state.netns))
    else:
        return None
    at = state.given(Condition(said, holds=True))
    end = stopped(at, "namespace-unread", link=state.oif or state.iif, decided_by=Assumed(said))
    return msgspec.structs.replace(end, kind="unknown")


def unread_owner(network: Network, state: State, socket: Socket) -> Condition | None:
    """Return the condition that a process accepts the socket's connections, if the socket's process or the process's
    state was not read; else None.  With the userland proxy off, dockerd holds ports and never accepts connections on
    them.  A relay accepts whatever becomes of the connection to its container, so an unread container is a condition,
    too."""
    host = network.host(state.netns.host)
    unread = {each.key for each in host.unread}
    unasked = any(each.user == socket.uid for each in host.beside)
    if socket.relay is None and holds_for_engine(socket) and (unread & _CONTAINERS or unasked):
        said = message("the container behind {socket} answers", socket=verbatim(socket_text(socket)))
        return Condition(said, holds=True)
    missing = {"socket-owners"} if socket.pid is None else {"halted-processes", "frozen-processes"}
    if unread.isdisjoint(missing):
        return None
    said = message("a process accepts the packets at {socket}", socket=verbatim(socket_text(socket)))
    return Condition(said, holds=True)


def unread_rules(network: Network, netns: Netns, version: Version) -> Condition | None:
    """Return the condition that the unread rules let the packet pass, or None if every rule was read."""
    family = "4" if version == 4 else "6"
    unread = network.namespace(netns).unread
    keys = (f"iptables-nft-save{family}", f"iptables-legacy-save{family}", "nft-tables", "nft-table")
    if not any(key in unread for key in keys):
        return None
    said = message(
        "the firewall rules of {netns}, which hairpin could not read, let the packet pass",
        netns=network.netns_text(netns),
    )
    return Condition(said, holds=True)


def binding_condition(table: Table, chain: Chain, link: str) -> Condition:
    """Return the condition that a chain whose devices were not read is bound to this link."""
    said = message(
        "chain {chain} of table {family} {table} is bound to {link}",
        chain=chain.name,
        family=table.family,
        table=table.name,
        link=link,
    )
    return Condition(said, holds=True)


def may_be_containers(network: Network, state: State, link: Link) -> bool:
    """Return whether the unread namespace behind the bridge may be a container's: the bridge is an engine's, or an
    engine did not list its containers.  Another bridge leads to machines that no engine made, such as LXD's."""
    host = network.host(state.netns.host)
    unlisted = any(each.key in _CONTAINERS for each in host.unread)
    return unlisted or not host.engines or network_of_bridge(host, link.master or "") is not None


def behind_unread(namespace: Namespace, link: Link, state: State) -> Message:
    """Return the sentence that the machine in the unread namespace behind the link answers."""
    return message(
        "{address} answers behind {link}, in a namespace that hairpin did not read",
        address=address_text(state.packet.daddr, state.packet.version),
        link=_known_end(namespace, link, state),
    )


def _known_end(namespace: Namespace, link: Link, state: State) -> str:
    """Return the port by which the packet left; the bridge, if the receiver may be behind another bridge port."""
    learned = any(each.port == link.name and each.mac == state.packet.dmac for each in namespace.fdb)
    ports = [each for each in namespace.links if each.master == link.master and each.kind == "veth"]
    return link.name if learned or len(ports) == 1 else link.master or link.name


def through_unread(network: Network, flow: Flow, branches: Iterable[Branch]) -> Iterator[Branch]:
    """Yield the branches of a client's flow.  If the client is behind a link of an unread namespace, also yield the
    branch on which that namespace stops the packets, or does not have the client's address.

    If the host itself stops the packets that come in by this link, and its tables show that the client is behind the
    link, the namespace decides nothing."""
    start = flow.start
    port = unread_port_of(network, flow) if isinstance(start, Outside) else None
    if port is None or not isinstance(start, Outside):
        yield from branches
        return
    said = message(
        "{address} is behind {link}, in a namespace or guest that hairpin did not read, and nothing there stops the "
        "packets",
        address=address_text(start.address, flow.version),
        link=port.link.name,
    )
    succeeds = False
    for each in branches:
        succeeds = succeeds or each.succeeds
        yield msgspec.structs.replace(each, conditions=(*each.conditions, Condition(said, holds=True)))
    if port.known and not succeeds:
        return
    begun = State("outside", network.host_netns(flow.host), flow.packet(start.address))
    unknown = begun.given(Condition(said, holds=False))
    end = stopped(unknown, "namespace-unread", link=port.link.name, decided_by=Assumed(said))
    yield Branch("depends", end.state.history.steps, stop=end.stop, conditions=end.state.history.conditions)


def unread_port_of(network: Network, flow: Flow) -> UnreadPort | None:
    """Return the link of an unread namespace to which the host sends answers to the client; None if there is none, or
    if what is behind the link decides nothing."""
    start, netns = flow.start, network.host_netns(flow.host)
    if not isinstance(start, Outside) or start.behind is not None or netns not in network:
        return None
    found = port_towards_unread(network, netns, flow.version, start.address)
    return found if found is not None and not found.is_decided else None

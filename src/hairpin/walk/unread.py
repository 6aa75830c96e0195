"""Missing readings of the namespace in which a packet is.  Missing links, routes or kernel settings end the walk.  If
rules or a socket's process were not read, the walk continues under a condition."""

import msgspec

from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.message import message, verbatim
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.ir import Chain, Table
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.walk.decided import Assumed
from hairpin.walk.sockets import socket_text
from hairpin.walk.state import End, State, stopped

_ROUTED = ("input-route", "output-route")


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
        said = message("the links and addresses of {netns} let it pass", netns=network.netns_text(state.netns))
    elif (
        state.stage in _ROUTED
        and f"ip-route{version}" in namespace.unread
        and not any(each.version == version for each in namespace.routes)
    ):
        said = message("the routes of {netns} lead it on", netns=network.netns_text(state.netns))
    elif state.stage in _ROUTED and "sysctl" in namespace.unread and not namespace.sysctls.values:
        said = message("the kernel settings of {netns} let it pass", netns=network.netns_text(state.netns))
    else:
        return None
    at = state.given(Condition(said, holds=True))
    end = stopped(at, "namespace-unread", link=state.oif or state.iif, decided_by=Assumed(said))
    return msgspec.structs.replace(end, kind="unknown")


def unread_owner(network: Network, state: State, socket: Socket) -> Condition | None:
    """Return the condition that a process accepts the socket's connections, if the socket's process or the process's
    state was not read; else None.  With the userland proxy off, dockerd holds ports and never accepts connections on
    them."""
    unread = {each.key for each in network.host(state.netns.host).unread}
    missing = {"socket-owners"} if socket.pid is None else {"halted-processes", "frozen-processes"}
    if unread.isdisjoint(missing):
        return None
    said = message("a process accepts what arrives at {socket}", socket=verbatim(socket_text(socket)))
    return Condition(said, holds=True)


def unread_rules(network: Network, netns: Netns, version: Version) -> Condition | None:
    """Return the condition that the unread rules let the packet pass, or None if every rule was read."""
    family = "4" if version == 4 else "6"
    unread = network.namespace(netns).unread
    keys = (f"iptables-nft-save{family}", f"iptables-legacy-save{family}", "nft-tables", "nft-table")
    if not any(key in unread for key in keys):
        return None
    said = message(
        "the firewall rules of {netns}, which could not be read, let it pass", netns=network.netns_text(netns)
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

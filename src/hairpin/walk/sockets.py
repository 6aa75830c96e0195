"""The socket that receives a packet, and whether it serves the client: another program may have it, its process may
never answer, or its queue may be full.

Source: net/ipv4/inet_hashtables.c compute_score(), net/ipv4/udp.c, net/ipv6
"""

from typing import Literal

import msgspec

from hairpin.door import Observation
from hairpin.host.host import Host, Namespace
from hairpin.host.managers import Unit
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.message import Message, message, verbatim
from hairpin.netfilter.packet import TCP, UDP, Packet
from hairpin.network.flow import Flow
from hairpin.network.network import Network, addresses_of
from hairpin.network.prefix import Version, address_text
from hairpin.network.socket_owner import knows_nothing, never_answers, taken_by_other
from hairpin.walk.decided import SocketDecided
from hairpin.walk.state import Reason, State, stopped
from hairpin.walk.trace import Branch
from hairpin.walk.user_stack import keeps_answer, lost_in_stack
from hairpin.walk.verdicts import Verdict


class Deliver(msgspec.Struct, frozen=True):
    """The result of a socket lookup: a socket, ``none``, or ``unread`` if the namespace's sockets were not read.

    ``others`` has the sockets of the same port and protocol that do not receive this packet because they are bound to
    another address, family or link.
    """

    kind: Literal["socket", "none", "unread"]
    socket: Socket | None = None
    others: tuple[Socket, ...] = ()


class SocketScored(Observation, frozen=True, gc=False):
    """A socket of the packet's protocol and port was scored.  If ``score`` is None, the socket cannot receive the
    packet."""

    socket: Socket
    packet: Packet
    iif: str
    score: int | None


def find_socket(namespace: Namespace, packet: Packet, iif: str, *, routed: bool = True) -> Deliver:
    """Return the best listening TCP or bound UDP socket for the packet.  ``routed``: whether the packet has its
    route."""
    protocol = {TCP: "tcp", UDP: "udp"}.get(packet.protocol)
    same_port = tuple(s for s in namespace.sockets if s.protocol == protocol and s.port == packet.dport)
    if routed and any(each.device is not None for each in same_port):
        iif = _link_by_route(namespace, packet, iif)
    scored = [(_score(each, packet, iif), each) for each in same_port]
    if namespace.door.observer is not None:
        for score, each in scored:
            namespace.door.observer.observe(SocketScored(each, packet, iif, score))
    taking = [(score, each) for score, each in scored if score is not None]
    if taking:
        # Sockets of one SO_REUSEPORT group have equal scores, and the packet's hash chooses one.  The walk takes the
        # first socket that is not full.
        best = max(taking, key=lambda pair: (pair[0], not pair[1].is_full))[1]
        return Deliver("socket", best)
    if any(key.startswith(("sockets", "proc-net")) for key in namespace.unread):
        return Deliver("unread")
    return Deliver("none", others=same_port)


def _link_by_route(namespace: Namespace, packet: Packet, iif: str) -> str:
    """Return the link by which a bound socket knows the packet.  For a packet from this namespace, it is the link that
    has the destination, not ``lo``.

    Source: net/ipv4/route.c ip_route_output_key_hash_rcu() (``orig_oif``), include/net/route.h inet_iif();
    net/ipv6/ip6_input.c ip6_rcv_core()"""
    link = namespace.link(iif)
    if link is None or link.kind != "loopback":
        return iif
    own = (each.link for each in addresses_of(namespace, None, packet.version) if each.value == packet.daddr)
    return next(own, None) or iif


def _score(socket: Socket, packet: Packet, iif: str) -> int | None:
    """Return the socket's score, or None if it cannot receive the packet.  The socket with the highest score receives
    the packet."""
    if socket.device is not None and socket.device != iif:
        return None
    if socket.version != packet.version and (socket.version == 4 or socket.v6only or socket.address is not None):
        return None
    score = 4 if socket.version == packet.version else 0
    if socket.address is not None:
        if socket.address != packet.daddr:
            return None
        score += 2
    return score + (1 if socket.device is not None else 0)


def answers_by_route(host: Host, socket: Socket) -> bool:
    """Return whether the kernel chooses the source address of the socket's answers by the answers' route.

    docker-proxy before 28 answers UDP without naming a source address (moby/moby#48571), and so does rootlesskit.
    Source: rootlesskit pkg/port/builtin/parent/udp/udpproxy; measured with rootlesskit 2.0.2 and Docker 28.5.2
    """
    if socket.protocol != "udp" or socket.engine_relay is None or socket.address is not None:
        return False
    if socket.process == "rootlesskit":
        return True
    versions = [each.version.partition(".")[0] for each in host.engines if each.kind == "docker"]
    return any(each.isdigit() and int(each) < 28 for each in versions)


def is_filtered(unit: Unit, version: Version, address: int) -> bool:
    """Return whether the unit's filter drops the packets from and to the address.  An allowed prefix wins.

    Source: systemd.resource-control(5); src/core/bpf-firewall.c"""
    allowed, denied = (any(each.holds(address, version) for each in some) for some in (unit.allows, unit.denies))
    return denied and not allowed


def filtering_unit(network: Network, netns: Netns, socket: Socket, packet: Packet) -> Unit | None:
    """Return the systemd unit whose address filter drops the packet at the socket; None if there is none.

    The filters of a control group hold for all groups below it.  Source: kernel/bpf/cgroup.c
    __cgroup_bpf_run_filter_skb(), net/core/filter.c sk_filter_trim_cap()"""
    if not socket.unit:
        return None
    above = socket.unit.split("/")
    filters = (each for each in network.host(netns.host).units if each.denies and each.name in above)
    return next((each for each in filters if is_filtered(each, packet.version, packet.saddr)), None)


def unit_of_container(network: Network, netns: Netns) -> Unit | None:
    """Return the systemd unit that runs the namespace's container in its control group, or the manager or slice of the
    container's user, if it filters addresses; else None.  The user's own manager has no right to filter.

    Source: systemd src/core/bpf-firewall.c; measured with systemd 257 and Podman 5.4.2"""
    host = network.host(netns.host)
    units = [each for each in host.units if each.denies]
    container = network.container_of(netns) if units else None
    if container is None:
        return None
    engine = host.engine_of(container)
    names = [container.unit]
    if engine.rootless and engine.uid:
        names = [f"user@{engine.uid}.service", f"user-{engine.uid}.slice", "user.slice"]
    return next((each for name in names for each in units if each.name == name), None)


def nobody_takes(port: int | None, others: tuple[Socket, ...]) -> Message:
    """Return the sentence that no socket receives a packet for this port.  ``others`` are the sockets that have the
    port, but on another address or link."""
    if not others:
        return message("no socket accepts packets for port {port}", port=port)
    names = ", ".join(socket_text(each) for each in others)
    return message(
        "no socket accepts packets for port {port}; sockets here listen only on {others}", port=port, others=names
    )


def decided_by_socket(socket: Socket) -> SocketDecided:
    """Return the socket as the decider of a step."""
    return SocketDecided(verbatim(socket_text(socket)), socket)


def _backlog_said(socket: Socket) -> Message:
    """Return the sentence with the number of connections that wait at the socket, and the maximum."""
    return message(
        "{socket}: {queued} connections wait to be accepted, and the backlog is {backlog}",
        socket=socket_text(socket),
        queued=socket.queued,
        backlog=socket.backlog,
    )


def _receive_queue_said(socket: Socket) -> Message:
    """Return the sentence with the memory of waiting datagrams, and its limit."""
    return message(
        "{socket}: waiting datagrams take {received} bytes of the receive buffer of {buffer} bytes",
        socket=socket_text(socket),
        received=socket.received,
        buffer=socket.receive_buffer,
    )


def socket_text(socket: Socket) -> str:
    """Return the socket's name for users, such as ``127.0.0.1:80/tcp (nginx, pid 12)``."""
    if socket.address is None:
        address = "*" if socket.version == 6 and not socket.v6only else ("0.0.0.0" if socket.version == 4 else "[::]")
    else:
        address = address_text(socket.address, socket.version)
        address = f"[{address}]" if socket.version == 6 else address
    pid = f"pid {socket.pid}" if socket.pid and not socket.socket_unit else ""
    owner = ", ".join(part for part in (socket.process or "", pid) if part)
    device = f"%{socket.device}" if socket.device else ""
    return f"{address}{device}:{socket.port}/{socket.protocol}" + (f" ({owner})" if owner else "")


def unserved(network: Network, flow: Flow, state: State, socket: Socket) -> Branch | None:
    """Return the branch that ends at the socket, or None if the socket's process serves the client."""
    reason = _reason(network, flow, state, socket)
    if reason is None:
        return None
    decided = decided_by_socket(socket)
    if reason == "backlog-full":
        decided = msgspec.structs.replace(decided, said=_backlog_said(socket))
    elif reason == "receive-queue-full":
        decided = msgspec.structs.replace(decided, said=_receive_queue_said(socket))
    elif reason == "stack-refuses":
        return lost_in_stack(state, socket)
    elif reason == "no-route":
        said = message("the container is on no network: its resolver knows no names and reaches no other name server")
        decided = msgspec.structs.replace(decided, said=said)
    end = stopped(state, reason, stage="socket", link=state.iif, decided_by=decided)
    verdict: Verdict = "dropped" if reason in ("backlog-full", "receive-queue-full", "unit-filter") else "unanswered"
    stop = end.stop
    other = _other_name(network, flow, state, socket) if reason == "answered-by-other" else ""
    if other and stop is not None:
        verdict, stop = "misdirected", msgspec.structs.replace(stop, answered_by=other)
    return Branch(verdict, end.state.history.steps, stop=stop, conditions=state.history.conditions)


def _other_name(network: Network, flow: Flow, state: State, socket: Socket) -> str:
    """Return the container or the process that answers on the socket instead of the asked container; empty if the
    socket's program does not answer, or if a relay without a container has the socket."""
    holder = taken_by_other(network, flow, state.netns, socket)
    if holder is None or never_answers(network, state.netns, socket) or socket.has_full_backlog:
        return ""
    if holder.container is not None:
        return holder.container.name
    return "" if socket.engine_relay is not None else socket.process or ""


def _reason(network: Network, flow: Flow, state: State, socket: Socket) -> Reason | None:
    """Return why the socket does not serve the client, or None.

    There are several reasons.  The address filter of the process's unit drops the packet before the socket gets it.  A
    process other than the container's has the port.  dockerd holds the port and accepts no connection on it.  Docker's
    resolver is in a container without a network, from which it asks its upstream servers (moby libnetwork/resolver.go
    forwardExtDNS()). The process is stopped, or the container is paused.  The receive queue or the backlog is full.
    Unless the backlog is full, the kernel completes handshakes that no process accepts: net/ipv4/tcp_minisocks.c
    """
    if filtering_unit(network, state.netns, socket, state.packet) is not None:
        return "unit-filter"
    if taken_by_other(network, flow, state.netns, socket) is not None:
        return "answered-by-other"
    if socket.relay is not None and socket.relay.holds_only:
        return "never-accepts"
    if knows_nothing(network, state.netns, socket):
        return "no-route"
    if keeps_answer(socket, state.packet):
        return "stack-refuses"
    if never_answers(network, state.netns, socket):
        return "process-frozen"
    if socket.has_full_receive_queue:
        return "receive-queue-full"
    return "backlog-full" if socket.has_full_backlog else None

"""Packets that left the host correctly and got no answer, as connection tracking shows.

An entry without a packet of the reply direction shows that a request left.  A TCP entry in SYN_RECV shows that the
answer to a client left.  Connection tracking confirms an entry only when the entry's first packet has passed
POSTROUTING.  So the packets of an unanswered entry were lost beyond the host.  Entries of the last instant show
nothing, because their answers may be on the way.

Source: net/netfilter/nf_conntrack_core.c __nf_conntrack_confirm(), nf_conntrack_proto_tcp.c tcp_timeouts
"""

from collections.abc import Iterator, Mapping, Sequence
from math import inf

from hairpin.host.host import Namespace
from hairpin.message import Message, message
from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_DYING, STATUS_SEEN_REPLY
from hairpin.netfilter.packet import TCP, UDP, Connection, Packet, Tuple
from hairpin.network.flow import Outside
from hairpin.network.network import Network, owns_address
from hairpin.network.prefix import address_text, is_private
from hairpin.walk.decided import Assumed
from hairpin.walk.granted.capture import filter_of
from hairpin.walk.granted.way_out import lost_behind, takes_same_way, translating_rule
from hairpin.walk.hooks.connection_index import connections_of
from hairpin.walk.hooks.conntrack_timeout import DEFAULTS_S, path_of
from hairpin.walk.size.segment_size import Handshake
from hairpin.walk.state import State
from hairpin.walk.trace import OpenQuestion
from hairpin.wanted import Wanted, watch_packets

_FRESH_S = 1
"""The age in seconds up to which an entry may still get its answer."""
_ONE_WAY = frozenset({162, 514, 2055, 4739, 6343, 8125, 12201})
"""UDP ports to which programs send without an answer: SNMP traps, syslog, NetFlow, IPFIX, sFlow, statsd, GELF."""
_NAMES = {TCP: "tcp", UDP: "udp"}


def silence(network: Network, handshake: Handshake, left: State) -> tuple[OpenQuestion, ...]:
    """Return the question whether any answer comes back from beyond the host; none if no entry hints at a lost answer.
    ``left``: the flow's packet that left the hosts, which is its request or its answer to a client."""
    namespace = network.namespace(left.netns)
    if left.carried is not None or not namespace.connections or left.packet.protocol not in _NAMES:
        return ()
    if handshake.far is not None:
        flow = handshake.flow
        server_of = (flow.container or "") if flow.purpose == "dns" and not flow.asked_name else ""
        return tuple(_of_request(namespace, left, named=flow.purpose == "asked", server_of=server_of))
    if left.packet.protocol == TCP and isinstance(handshake.flow.start, Outside) and not _was_unresolved(left):
        return tuple(_of_answer(namespace, handshake, handshake.flow.start, left))
    return ()


def entries_to(namespace: Namespace, packet: Packet) -> list[Connection]:
    """Return the connections to the packet's receiver and port, of any sender."""
    wanted = Tuple(packet.saddr, packet.daddr, packet.protocol, packet.sport or 0, packet.dport or 0)
    found = connections_of(namespace).to_receiver(packet.version, wanted)
    return [each for each in found if not each.status & STATUS_DYING]


def are_unanswered(
    namespace: Namespace,
    sent: Sequence[Connection],
    answered: Sequence[Connection],
    *,
    named: bool,
    alternating: bool = False,
) -> bool:
    """Return whether entries hint that no answer comes: the newest entry without an answer is at least as new as all
    entries in ``answered``.

    A fresh entry counts only if it is newer than all entries in ``answered``, and if there is one more reason: there is
    an answered entry, several entries wait, or the user asks about this very machine (``named``).  If packets of both
    directions have entries of their own (``alternating``), every entry has to meet the conditions for a fresh entry."""
    if not sent:
        return False
    newest = min(_age_s(namespace, each) for each in sent)
    last = min((_age_s(namespace, each) for each in answered), default=inf)
    if newest <= _FRESH_S or alternating:
        return newest < last and (named or len(sent) > 1 or bool(answered))
    return newest <= last


def syns_without_answer(namespace: Namespace) -> Iterator[Connection]:
    """Yield the TCP connections of which only SYNs were seen."""
    for each in namespace.connections:
        if each.tcp is not None and each.tcp.state == "SYN_SENT" and not each.status & STATUS_SEEN_REPLY:
            yield each


def is_silent(namespace: Namespace, waiting: Sequence[Connection]) -> bool:
    """Return whether the receiver of these connections, which await its answer, has answered no later one."""
    alike = connections_of(namespace).to_receiver(waiting[0].version, waiting[0].reply.reversed())
    return are_unanswered(namespace, waiting, split_by(alike, STATUS_SEEN_REPLY)[1], named=False)


def _age_s(namespace: Namespace, entry: Connection) -> float:
    """Return the seconds since the entry's last packet; infinite if no reading shows them."""
    if entry.tcp is not None:
        state = f"tcp_timeout_{entry.tcp.state.lower()}"
    else:
        state = "udp_timeout_stream" if entry.status & STATUS_ASSURED else "udp_timeout"
    most = namespace.sysctls.number(*path_of(state)) or DEFAULTS_S.get(state)
    return most - entry.timeout_s if most is not None and entry.timeout_s is not None else inf


def split_by(entries: Sequence[Connection], status: int) -> tuple[list[Connection], list[Connection]]:
    """Return the entries without the status, and the entries with the status."""
    with_it = [each for each in entries if each.status & status]
    return [each for each in entries if not each.status & status], with_it


def _of_request(namespace: Namespace, left: State, *, named: bool, server_of: str) -> Iterator[OpenQuestion]:
    """Yield the question whether the receiver of a packet that left answers.  ``server_of``: the container that uses
    the receiver as its name server; empty if no container does."""
    packet = left.packet
    if packet.protocol == UDP and packet.dport in _ONE_WAY:
        return
    entries = entries_to(namespace, packet)
    silent, answered = split_by(entries, STATUS_SEEN_REPLY)
    if not are_unanswered(namespace, silent, answered, named=named):
        return
    facts = {
        "address": address_text(packet.daddr, packet.version),
        "port": f"{packet.dport}/{_NAMES[packet.protocol]}",
        "link": left.oif,
        "count": len(silent),
    }
    if server_of:
        facts["users"] = server_of
    yield OpenQuestion(
        text=message(
            "Does {address}, the DNS server of {users}, answer on port {port}? Packets to this server left through "
            "{link}, but no answer came back (conntrack entries without an answer: {count})",
            **facts,
        )
        if server_of
        else message(
            "Does {address} answer on port {port}? Packets to this address left through {link}, but no answer came "
            "back (conntrack entries without an answer: {count})",
            **facts,
        ),
        if_yes=message("The packets arrive: the reason for the lost ones is gone")
        if packet.protocol == TCP
        else message("The packets arrive: those without an answer needed none, or the reason for the loss is gone"),
        if_no=message(
            "The server resolves no name for {users}. Its address is wrong (set by --dns of the container, `dns` of "
            "the engine, or /etc/resolv.conf of the host), the server is down, or the packets are lost behind this "
            "host",
            **facts,
        )
        if server_of
        else _lost_behind(namespace, left, facts),
        wanted=(watch_packets(left.oif, filter_of(packet)),),
        breaks_if="no",
        # A datagram may need no answer.
        undecided=packet.protocol == TCP or bool(server_of),
    )


def _lost_behind(namespace: Namespace, left: State, facts: Mapping[str, object]) -> Message:
    """Return the meaning of the answer no: where the packets are lost.  A firewall there sees the source address that a
    rule of this host may have given to the packet."""
    rule, source = translating_rule(left), left.packet.saddr
    if rule is None and left.packet.version == 4 and is_private(source, 4) and not owns_address(namespace, 4, source):
        return message(
            "The answers are lost behind this host: the packets leave with the private address {source}, which no rule "
            "of this host translates",
            source=address_text(source, 4),
        )
    if rule is None:
        return message(
            "The packets are lost behind this host: the provider, a router or a firewall on the way drops them, or "
            "{address} does. Nothing that hairpin read here stops them",
            **facts,
        )
    return message(
        "The packets are lost behind this host: the provider, a router or a firewall on the way drops them, or "
        "{address} does. Nothing that hairpin read here stops them. A firewall on the way sees {source} and not the "
        "sender's own address {own}, because of this rule: {rule}",
        source=address_text(left.packet.saddr, left.packet.version),
        own=address_text(left.track.connection.original.saddr, left.packet.version) if left.track.connection else "-",
        rule=rule.in_full,
        **facts,
    )


def _of_answer(namespace: Namespace, handshake: Handshake, start: Outside, left: State) -> Iterator[OpenQuestion]:
    """Yield the question whether the answers to clients arrive.  If the user named no client, all clients behind the
    same next hop as the invented client count."""
    asked, there = handshake.started.packet, handshake.there.packet
    named = not handshake.flow.invented
    clients: dict[int, list[Connection]] = {}
    for each in entries_to(namespace, there):
        client = each.original.saddr
        same_port = (each.original.daddr, each.original.dport) == (asked.daddr, asked.dport)
        if same_port and (client == start.address if named else takes_same_way(namespace, left, client)):
            clients.setdefault(client, []).append(each)
    served = [each for entries in clients.values() for each in entries if each.status & STATUS_ASSURED]
    waiting = {
        client: found
        for client, entries in clients.items()
        if (found := _half_open(entries)) and are_unanswered(namespace, found, served, named=named)
    }
    if not waiting:
        return
    client = max(waiting, key=lambda each: len(waiting[each]))
    facts = {
        "client": address_text(client, asked.version),
        "port": asked.dport or "-",
        "link": left.oif,
        "count": len(waiting[client]),
    }
    yield OpenQuestion(
        text=message(
            "Do the answers to {client} arrive? {client} asked for port {port}, the SYN-ACK left through {link}, and "
            "no ACK came back (conntrack entries in SYN_RECV: {count})",
            **facts,
        ),
        if_yes=message(
            "The verdict above stands: {client} gave up, or the reason for the lost answers is gone", **facts
        ),
        if_no=lost_behind(left, address_text(client, asked.version)),
        wanted=(_watch(left, client),),
        breaks_if="no",
        # Half-open connections of others are those of port scanners, too.
        undecided=named,
    )


def _half_open(entries: list[Connection]) -> list[Connection]:
    return [each for each in entries if each.tcp is not None and each.tcp.state == "SYN_RECV"]


def _was_unresolved(left: State) -> bool:
    """Return whether the packet's next hop did not answer the kernel's last request.  The neighbour's own question then
    names the nearer reason for the silence: the answer may not have left."""
    steps = (step.decided_by for step in reversed(left.history.steps) if step.stage == "neighbour")
    last = next(steps, None)
    return isinstance(last, Assumed) and last.entry is not None and not last.entry.static


def _watch(left: State, client: int) -> Wanted:
    return watch_packets(left.oif, f"tcp port {left.packet.sport} and host {address_text(client, left.packet.version)}")

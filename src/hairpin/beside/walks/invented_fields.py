"""Rules that match a packet field whose value hairpin invented: a client's source port, the TTL of its packets, or the
flags of its SYN.

A flow with another source port, or from a client at another distance, may end differently.  hairpin tries the values
that the host's rules name, and the next lower and higher values.  Clients use source ports from 1024 on.  The TTL of a
packet that arrives is rarely below 30, because systems send packets with a TTL of 64, 128 or 255.  The SYN of a system
that asks for explicit congestion notification also has the flags ECE and CWR.

A container that asks others has a source port, too.  A rule without connection states that matches the destination
port sees this port in the answers.  Programs that ask by UDP, such as resolvers, choose ports of their own from 1024
on.  The kernel chooses the port of a TCP connection.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.host.host import Namespace
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.netfilter.packet import CWR, ECE, TCP, UDP
from hairpin.network.attachment import sender_netns
from hairpin.network.flow import Flow, FromContainer, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.socket_owner import EPHEMERAL, ephemeral_ports
from hairpin.walk.decided import RuleDecided
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow

_POSSIBLE = {"sport": (1024, 65535), "ttl": (30, 255)}
_MOST_VALUES = 8
"""The greatest number of values of a field that are tried."""
_MOST_FLOWS = 16


def observe(inquiry: Inquiry) -> Inquiry:
    """Ask the flow of a client whose source port a rule stops, and say a note of all other such rules."""
    stopped = stopped_by_field(inquiry.network, inquiry.traces)
    asked = [each.flow for each in stopped if inquiry.searched and inquiry.now and _is_common(inquiry.network, each)]
    noted = inquiry.saying(each.note() for each in stopped if each.flow not in asked)
    if not asked:
        return noted
    from hairpin.diagnose.diagnose import diagnose  # noqa: PLC0415 - a walk asks for no causes
    from hairpin.diagnose.examination import examination  # noqa: PLC0415

    more = (diagnose(inquiry.network, msgspec.structs.replace(each, from_port=True, stand_ins=())) for each in asked)
    return noted.examined(examination(inquiry.network, (*inquiry.walked.diagnoses, *more)))


def _is_common(network: Network, stopped: "Stopped") -> bool:
    """Return whether many senders of the flow have the source port.  Clients do.  A container does if the kernel gives
    the port to its programs, or if it is a name server itself, whose queries have ports of their own choice."""
    if stopped.field != "sport":
        return False
    start = stopped.flow.start
    if not isinstance(start, FromContainer):
        return True
    own = sender_netns(network, start)
    space = network.namespace(own) if own in network else None
    first, last = ephemeral_ports(space) if space is not None else EPHEMERAL
    return first <= stopped.value <= last or (space is not None and any(each.port == _DNS for each in space.sockets))


_DNS = 53


class Stopped(NamedTuple):
    """A flow that a rule stops because of the value of a field, while the flow with the usual value passes."""

    field: str
    value: int
    flow: Flow
    passing: Flow
    decided: RuleDecided

    def note(self) -> Message:
        """Return the note about the rule."""
        return _note(self.field, self.value, self.passing, self.decided)


def stopped_by_field(network: Network, traces: Sequence[Trace]) -> tuple[Stopped, ...]:
    """Return a flow for each rule that stops some clients of a passing flow because of their source port, TTL or TCP
    flags."""
    found: dict[tuple[str, str], Stopped] = {}
    passing = [each for each in traces if each.succeeds]
    inward = (each for each in passing if isinstance(each.flow.start, (Outside, Lan)))
    outward = (each for each in passing if isinstance(each.flow.start, FromContainer) and each.flow.protocol != "icmp")
    for trace in (*islice(inward, _MOST_FLOWS), *islice(outward, _MOST_FLOWS)):
        for field, flow, value in _others(network, trace.flow):
            other = walk_flow(network, flow)
            decided = other.stopping_rule
            if not other.succeeds and other.verdict != "depends" and decided is not None:
                found.setdefault((field, decided.place.text), Stopped(field, value, flow, trace.flow, decided))
    return tuple(found.values())


def _note(field: str, value: int, flow: Flow, decided: RuleDecided) -> Message:
    facts = {
        "value": value,
        "own": flow.sport if field == "sport" else _USUAL_TTL,
        "target": flow.target_text(),
        "rule": decided.place.in_full,
    }
    if field == "flags":
        return message(
            "a rule checks TCP flags: a SYN that asks for ECN (with ECE and CWR, as with net.ipv4.tcp_ecn=1) does not "
            "reach {target} from {client}, a plain SYN does. The rule: {rule}",
            client=flow.start_text(),
            **facts,
        )
    if field == "sport" and isinstance(flow.start, FromContainer):
        return message(
            "a rule checks the source port of {client}: no answer of {target} comes back to port {value}, but answers "
            "come back to port {own}. The rule: {rule}",
            client=flow.start_text(),
            **facts,
        )
    if field == "sport":
        return message(
            "a rule checks the client's source port: packets from port {value} do not reach {target}, packets from "
            "port {own} do. The rule: {rule}",
            **facts,
        )
    return message(
        "a rule checks the client's TTL: packets with TTL {value} do not reach {target}, packets with {own} do. The "
        "rule: {rule}",
        **facts,
    )


_USUAL_TTL = 64


def _others(network: Network, flow: Flow) -> Iterator[tuple[str, Flow, int]]:
    """Yield the flow with each further value of a field that the rules of the flow's host treat differently."""
    namespace = network.namespace(network.host_netns(flow.host))
    if flow.protocol == "tcp" and _tells_ecn(namespace):
        yield "flags", msgspec.structs.replace(flow, asks_for_ecn=True), ECE | CWR
    if isinstance(flow.start, FromContainer):
        for value in _own_ports(network, flow, _port_values(namespace).get(flow.protocol, set())):
            yield "sport", msgspec.structs.replace(flow, sport=value), value
        return
    values = _values(namespace)
    if flow.protocol != "icmp":
        for value in (each for each in values["sport"] if each != flow.sport):
            yield "sport", msgspec.structs.replace(flow, sport=value), value
    for value in (each for each in values["ttl"] if each != _USUAL_TTL):
        yield "ttl", msgspec.structs.replace(flow, ttl=value), value


@kept
def _values(namespace: Namespace) -> dict[str, tuple[int, ...]]:
    """Return, for each field, the possible values that the rules name, and their neighbouring values."""
    found: dict[str, set[int]] = {field: set() for field in _POSSIBLE}
    for rule in _rules(namespace):
        for part in rule.body:
            if isinstance(part, ir.FieldMatch) and part.field in found and part.mask == ir.FULL_MASK:
                found[part.field] |= _ends(part)
    return {field: _spread(each, *_POSSIBLE[field]) for field, each in found.items()}


@kept
def _tells_ecn(namespace: Namespace) -> bool:
    """Return whether a rule compares the flags ECE or CWR, alone or with all other flags."""
    return any(
        isinstance(part, ir.FieldMatch) and part.field == "tcp-flags" and part.mask & (ECE | CWR)
        for rule in _rules(namespace)
        for part in rule.body
    )


def _rules(namespace: Namespace) -> Iterator[ir.Rule]:
    return (rule for table in namespace.ruleset.tables for chain in table.chains for rule in chain.rules)


def _ends(part: ir.FieldMatch) -> set[int]:
    return {end for first, last in part.ranges for end in (first - 1, first, last, last + 1)}


# --- the port from which a container asks -----------------------------------------------------------------------------


@kept
def _port_values(namespace: Namespace) -> dict[str, set[int]]:
    """Return, for TCP and UDP, the ports that the rules compare with a packet's own port or with its answer's port."""
    found: dict[str, set[int]] = {"tcp": set(), "udp": set()}
    for rule in _rules(namespace):
        ports = [part for part in rule.body if isinstance(part, ir.FieldMatch) and part.field in _OWN_PORT]
        if not ports:
            continue
        protocols = [part for part in rule.body if isinstance(part, ir.FieldMatch) and part.field == "protocol"]
        for name, number in (("tcp", TCP), ("udp", UDP)):
            if all(_includes(part, number) for part in protocols):
                found[name] |= {end for part in ports for end in _ends(part)}
    return found


_OWN_PORT = ("sport", "dport", "ct-orig-sport")


def _includes(part: ir.FieldMatch, number: int) -> bool:
    return any(first <= number <= last for first, last in part.ranges) is not part.negated


def _own_ports(network: Network, flow: Flow, values: set[int]) -> tuple[int, ...]:
    """Return the ports among ``values`` from which the container may ask, at most ``_MOST_VALUES`` of them and without
    the flow's own source port."""
    first, last = _POSSIBLE["sport"]
    if flow.protocol == "tcp" and isinstance(flow.start, FromContainer):
        own = sender_netns(network, flow.start)
        first, last = ephemeral_ports(network.namespace(own)) if own in network else EPHEMERAL
    return tuple(each for each in _spread(values, first, last) if each != flow.sport)


def _spread(values: set[int], first: int, last: int) -> tuple[int, ...]:
    inside = sorted(each for each in values if first <= each <= last)
    step = -(-len(inside) // _MOST_VALUES) or 1
    return tuple(inside[::step])

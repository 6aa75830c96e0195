"""Finds the failing flows that a text is about, a cause that stops each flow, and the error that the flow's sender
sees.

Source: net/ipv4/icmp.c icmp_err_convert[], net/ipv4/tcp_ipv4.c tcp_v4_err(); net/ipv6/icmp.c icmpv6_err_convert();
net/core/neighbour.c neigh_timer_handler()
"""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer
from hairpin.answer.texts.sender import TextSender
from hairpin.explain.understand import TextFound
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.network.prefix import address_text
from hairpin.walk.state import Stop
from hairpin.words.meaning import Outcome

_BY_ANSWER: tuple[tuple[str, frozenset[Outcome]], ...] = (
    ("tcp-reset", frozenset({"refused", "reset"})),
    ("port-unreachable", frozenset({"refused"})),
    ("net-unreachable", frozenset({"no-network"})),
    ("net-prohibited", frozenset({"no-network"})),
    ("no-route", frozenset({"no-network"})),
)
"""The outcomes for answers that a rule or a route sends, by the end of the answer's name.  Every answer that is not
listed means EHOSTUNREACH."""
_NO_NETWORK = frozenset[Outcome]({"no-network", "no-route"})
_NO_ROUTE = frozenset[Outcome]({"no-route"})
_REFUSED = frozenset[Outcome]({"refused", "reset"})
_SILENT = frozenset[Outcome]({"timeout"})
_NOTHING = frozenset[Outcome]()
_BEYOND = ("left-instead", "address-lost")


class StoppedNow(msgspec.Struct, frozen=True):
    """A flow that fails now, and a cause of ``answer`` that stops it."""

    cause: CauseAnswer
    flow: FlowAnswer
    answer: Answer


def is_now(cause: CauseAnswer) -> bool:
    """Return whether the cause exists now.

    A cause exists now if it stops a flow now, or if a reading shows the cause without a walk."""
    return cause.severity in ("blocking", "advice") and (cause.severity == "blocking" or cause.proof is None)


def flows_of(
    found: TextFound, whole: Answer, targets: Answer | None, sender: TextSender | None
) -> Iterator[StoppedNow]:
    """Yield the flows that the text is about and that fail now, each once for each cause that stops it now.

    ``targets``: the answer about the text's targets.  If ``sender`` is None, flows from any sender are yielded."""
    if targets is not None:
        for answer_flow in own_flows(found, targets):
            yield from _with_causes(answer_flow, targets)
    if found.entry.about == "name" or (found.entry.shown_by and targets is None):
        for answer_flow in whole.flows:
            flow = answer_flow.trace.flow
            wanted = ("dns",) if found.entry.about == "name" else ("dns", "egress")
            if flow.purpose in wanted and (sender is None or _starts_at(flow, sender)):
                yield from _with_causes(answer_flow, whole)


def own_flows(found: TextFound, targets: Answer | None) -> tuple[FlowAnswer, ...]:
    """Return the flows of the answer whose destination the text names."""
    flows = targets.flows if targets is not None else ()
    return tuple(each for each in flows if _is_asked(each.trace.flow, found))


def _with_causes(flow: FlowAnswer, answer: Answer) -> Iterator[StoppedNow]:
    yield from (StoppedNow(each, flow, answer) for each in answer.causes if each.ref in flow.causes and is_now(each))


def _starts_at(flow: Flow, sender: TextSender) -> bool:
    """Return whether the flow starts at the sender."""
    match flow.start:
        case FromContainer(name=name):
            return sender.kind == "container" and name == sender.name
        case FromHost():
            return sender.kind == "host" and sender.host in ("", flow.host)
        case Outside() | Lan():
            return sender.kind in ("address", "lan")


def _is_asked(flow: Flow, found: TextFound) -> bool:
    """Return whether the text names the flow's destination."""
    if found.entry.about == "name":
        return bool(flow.asked_name)
    ports = {each.value for each in found.named if each.kind == "port"}
    addresses = {each.value for each in found.named if each.kind == "address"}
    names = {each.value for each in found.named if each.kind in ("container", "host")}
    address = address_text(flow.daddr, flow.version)
    if ports:
        everywhere = not addresses or bool(addresses & {"0.0.0.0", "::"})
        return str(flow.dport) in ports and (everywhere or address in addresses or flow.container in names)
    return (flow.container or "") in names or address in addresses


def outcomes_of(flow: FlowAnswer) -> frozenset[Outcome]:
    """Return the errors that the flow's sender may see.

    Return none if the flow passes, or if hairpin does not know how the flow ends."""
    if ends_beyond(flow):
        return _NOTHING
    match flow.verdict:
        case "delivered" | "leaves" | "misdirected" | "depends":
            return _NOTHING
        case "refused":
            return _REFUSED
        case "unanswered":
            return _SILENT
        case "looped":
            return _SILENT | _NO_ROUTE
        case "dropped":
            # After three unanswered ARP requests the kernel reports EHOSTUNREACH.  A client that waits for a shorter
            # time sees a time-out.
            unresolved = flow.stop is not None and flow.stop.reason == "no-neighbour"
            return _SILENT | _NO_ROUTE if unresolved else _SILENT
        case "rejected":
            return _of_rejection(flow.stop)


def ends_beyond(flow: FlowAnswer) -> bool:
    """Return whether the flow's packet wrongly leaves its host for machines that were not read.

    A router there may send an ICMP error or stay silent.  An ICMP error of a router outside reaches the sender if the
    sender is the host itself or one of its containers.  The error does not reach an outside client, because it quotes
    another address than the client's destination address."""
    beyond = flow.stop is not None and flow.stop.reason in _BEYOND
    return beyond and not isinstance(flow.trace.flow.start, Outside | Lan)


def _of_rejection(stop: Stop | None) -> frozenset[Outcome]:
    if stop is None or stop.reject is None:
        return _NO_NETWORK  # the sender's own route lookup found no route
    for name, outcomes in _BY_ANSWER:
        if stop.reject.endswith(name):
            return outcomes
    return _NO_ROUTE

"""The flows that a text is about, as far as they fail on the hosts, each with a cause that stops it."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, FlowAnswer
from hairpin.explain.sender import TextSender
from hairpin.explain.understand import TextFound
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.network.prefix import address_text


class StoppedNow(msgspec.Struct, frozen=True):
    """A flow that fails now, and a cause of ``answer`` that stops it."""

    cause: CauseAnswer
    flow: FlowAnswer
    answer: Answer


def is_now(cause: CauseAnswer) -> bool:
    """Return whether the cause holds now: it stops a flow, or a reading tells it without any walk."""
    return cause.severity in ("blocking", "advice") and (cause.severity == "blocking" or cause.proof is None)


def flows_of(
    found: TextFound, whole: Answer, targets: Answer | None, sender: TextSender | None
) -> Iterator[StoppedNow]:
    """Yield the flows of the text that fail now.  ``targets``: the answer about what it names; ``sender`` None: any."""
    if targets is not None:
        for answer_flow in own_flows(found, targets):
            yield from _with_causes(answer_flow, targets)
    if found.entry.about == "name" or (found.entry.shown_by and targets is None):
        for answer_flow in whole.flows:
            flow = answer_flow.trace.flow
            wanted = ("dns",) if found.entry.about == "name" else ("dns", "egress")
            if flow.purpose in wanted and (sender is None or starts_at(flow, sender)):
                yield from _with_causes(answer_flow, whole)


def own_flows(found: TextFound, targets: Answer | None) -> tuple[FlowAnswer, ...]:
    """Return the flows of the answer whose end the text names."""
    flows = targets.flows if targets is not None else ()
    return tuple(each for each in flows if _is_asked(each.trace.flow, found))


def _with_causes(flow: FlowAnswer, answer: Answer) -> Iterator[StoppedNow]:
    yield from (StoppedNow(each, flow, answer) for each in answer.causes if each.ref in flow.causes and is_now(each))


def starts_at(flow: Flow, sender: TextSender) -> bool:
    """Return whether the sender's packets start where the flow does."""
    match flow.start:
        case FromContainer(name=name):
            return sender.kind == "container" and name == sender.name
        case FromHost():
            return sender.kind == "host" and sender.host in ("", flow.host)
        case Outside() | Lan():
            return sender.kind in ("address", "lan")


def _is_asked(flow: Flow, found: TextFound) -> bool:
    """Return whether the text names the flow's end."""
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

"""Clients that a rule or a route stops while others pass."""

from collections.abc import Iterator

from hairpin.beside.inquiry import Inquiry
from hairpin.beside.walks.stopped_clients import asks_about
from hairpin.message import Message, message
from hairpin.network.flow import Lan, Outside
from hairpin.network.prefix import address_text
from hairpin.walk.trace import Trace
from hairpin.wanted import ask_from


def notes(inquiry: Inquiry) -> Iterator[Message]:
    """Yield a note for each outside client that is stopped while another outside client passes.  The note names the
    rule that stops the client."""
    for each in inquiry.walked.diagnoses:
        if each.instead_of is not None and not asks_about(each.trace, each.instead_of):
            yield _told_apart(each.instead_of, each.trace)


def _told_apart(stopped: Trace, passing: Trace) -> Message:
    if not isinstance(stopped.flow.start, (Outside, Lan)):
        there, elsewhere = (address_text(each.flow.daddr, each.flow.version) for each in (stopped, passing))
        return message(
            "rules or routes here treat these destinations differently: {one} is not reached from {start}, but {other} "
            "is",
            one=there,
            other=elsewhere,
            start=stopped.flow.start_text(),
        )
    one, other = (address_text(each, stopped.flow.version) for each in (_client(stopped), _client(passing)))
    stop = stopped.usual.stop
    rule = stopped.stopping_rule
    if stop is not None and rule is not None:
        return message(
            "a rule treats these sources differently: {one} does not get through, but {other} does. This rule in "
            "{netns} stops {one}: {rule}; to see why, ask with {asking}",
            one=one,
            other=other,
            netns=stop.netns.name,
            rule=rule.place.in_full,
            asking=ask_from(one),
        )
    return message(
        "rules or routes here treat these sources differently: {one} does not get through, but {other} does; to see "
        "why, ask with {asking}",
        one=one,
        asking=ask_from(one),
        other=other,
    )


def _client(trace: Trace) -> int:
    start = trace.flow.start
    assert isinstance(start, (Outside, Lan))
    return start.address

"""The causes that events bring to flows that pass now: each in one entry, with what keeps it away."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import CauseAnswer, ref_of
from hairpin.causes.cause import Candidate
from hairpin.causes.exposure import Exposure
from hairpin.causes.firewalld import firewalld_reload_loses_engine_protection
from hairpin.causes.rules import published_bypasses_host_firewall, stale_accept_for_dead_container
from hairpin.causes.to_come import runtime_only_rule
from hairpin.causes.where import OfContainer
from hairpin.diagnose.denied_in_writing import denied_in_writing
from hairpin.diagnose.examination import Examination
from hairpin.diagnose.foreseen import LEFT_STOPPED, ForeseenCause, foreseen
from hairpin.diagnose.opened import opened_by_events
from hairpin.diagnose.reused import reused_addresses
from hairpin.diagnose.suspect import Key
from hairpin.host.name_order import name_order
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.remedy.averting import averting
from hairpin.remedy.remedy import Remedy


def to_come(examination: Examination, told: frozenset[Key], *, everything: bool = True) -> Iterator[CauseAnswer]:
    """Yield the causes to come, what events let through, and the ports that are reached though a file closes them.

    ``told``: the keys of causes that are named already.  ``everything``: no target was named, so what is about no asked
    flow belongs to the answer, too."""
    found = (*_coming(examination, told), *_opened(examination), *_reused(examination), *_reached(examination))
    yield from (each for each in found if everything or each.flows)


def _coming(examination: Examination, told: frozenset[Key]) -> Iterator[CauseAnswer]:
    flows = tuple(each.trace.flow for each in examination.diagnoses)
    for cause in foreseen(examination, told):
        member = cause.members[0]
        yield CauseAnswer(
            ref="",
            id=cause.id,
            host=cause.label,
            severity="latent",
            candidate=_told(cause),
            stop=member.stop,
            proof=member.proof,
            flows=tuple(map(ref_of, cause.flows)),
            together=(),
            event=cause.event,
            remedies=averting(cause, examination.network, flows),
        )


def _opened(examination: Examination) -> Iterator[CauseAnswer]:
    """Yield what an event lets through that a rule keeps out now."""
    for each in opened_by_events(examination):
        cause = firewalld_reload_loses_engine_protection if each.of_engine else runtime_only_rule
        exposed = _exposure(cause.exposure(each.event, each.place, gone=each.gone), each.label, each.flows)
        yield msgspec.structs.replace(exposed, proof=each.proof, event=each.event)


def _reused(examination: Examination) -> Iterator[CauseAnswer]:
    """Yield the ports that a rule of a container that is gone opens, once another container has its address."""
    for each in reused_addresses(examination):
        found = stale_accept_for_dead_container.exposure(
            each.event, each.container, each.flow.target_text(), each.place
        )
        yield msgspec.structs.replace(_exposure(found, each.label, each.flows), proof=each.proof, event=each.event)


def _reached(examination: Examination) -> Iterator[CauseAnswer]:
    """Yield the ports that a file of the owner's closes, and that its clients reach."""
    for each in denied_in_writing(examination):
        line = Place("iptables-nft", "ip", "filter", "INPUT", 0, each.text, line=each.line, evidence=each.evidence)
        found = published_bypasses_host_firewall.exposure(each.file, each.port, line)
        yield _exposure(found, each.host, each.flows)


def _exposure(found: Exposure, host: str, flows: tuple[int, ...]) -> CauseAnswer:
    return CauseAnswer(
        ref="",
        id=found.id,
        host=host,
        severity="exposure",
        candidate=found.candidate,
        stop=None,
        proof=None,
        flows=tuple(map(ref_of, flows)),
        together=(),
        remedies=(Remedy("by-hand", (), advice=(found.advice,)),),
    )


_MOST_NAMES = 6
"""Containers that a title names; the flows and the repair name all of them."""


def _told(cause: ForeseenCause) -> Candidate:
    first, names = cause.members[0].candidate, _containers(cause)
    order = message("{event}, if {order}", event=cause.event, order=cause.orders[0]) if cause.orders else None
    event = {"event": order or cause.event}
    if cause.id == LEFT_STOPPED and len(names) == 1:
        title = message("after {event}: container {name} does not start again", **event, name=names[0])
        return msgspec.structs.replace(first, title=title, detail=message("It runs now, and nothing starts it then."))
    if cause.id == LEFT_STOPPED:
        title = message("after {event}: containers {names} do not start again", **event, names=_some(names))
        detail = message("They run now, and nothing starts them then.")
        return msgspec.structs.replace(first, title=title, detail=detail)
    title = message("after {event}: {title}", **event, title=first.title)
    if len(names) > 1:
        others = _some(names[1:])
        title = message("after {event}: {title}; the same for {others}", **event, title=first.title, others=others)
    return msgspec.structs.replace(first, title=title)


def _some(names: tuple[str, ...]) -> Message | str:
    """Return the names, as people count them; of many the first ones, and how many more there are."""
    first = ", ".join(sorted(names, key=name_order)[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return message("{names} and {count} more", names=first, count=more) if more > 0 else first


def _containers(cause: ForeseenCause) -> tuple[str, ...]:
    """Return the containers that the members are about, if each is about one."""
    names = [each.candidate.where.container for each in cause.members if isinstance(each.candidate.where, OfContainer)]
    return tuple(dict.fromkeys(names)) if len(names) == len(cause.members) else ()

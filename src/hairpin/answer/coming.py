"""The causes that events bring to flows that pass now: each in one entry, with what keeps it away."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import CauseAnswer, ref_of
from hairpin.causes.cause import Candidate
from hairpin.causes.where import OfContainer, OfRule
from hairpin.change.change import Change
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


def to_come(
    examination: Examination, told: frozenset[Key], first: int, *, everything: bool = True
) -> Iterator[CauseAnswer]:
    """Yield the causes to come, what events let through, and the ports that are reached though a file closes them.

    ``told``: the keys of causes that are named already; ``first``: the number of the first one's ref.
    ``everything``: no target was named, so what is about no asked flow belongs to the answer, too."""
    found = (*_coming(examination, told), *_opened(examination), *_reused(examination), *_reached(examination))
    concerned = (each for each in found if everything or each.flows)
    for number, each in enumerate(concerned, first):
        yield msgspec.structs.replace(each, ref=f"c{number}", together=(f"c{number}",))


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
        title = message("after {event}: nothing keeps these clients out any more", event=each.event)
        facts = {"table": each.place.table, "chain": each.place.chain, "rule": each.place.text}
        gone = message("The rule that stops them now is gone then: {table} {chain}: {rule}.", **facts)
        overtaken = message("Other rules let them pass then, before this one: {table} {chain}: {rule}.", **facts)
        about = _about(each.place, title, gone if each.gone else overtaken)
        id_, advice = (_LOST, _RESTARTED) if each.of_engine else ("runtime-only-rule", _SAVED)
        exposed = _exposure(id_, each.label, about, each.flows, advice)
        yield msgspec.structs.replace(exposed, proof=each.proof, event=each.event)


def _reused(examination: Examination) -> Iterator[CauseAnswer]:
    """Yield the ports that a rule of a container that is gone opens, once another container has its address."""
    for each in reused_addresses(examination):
        facts = {"event": each.event, "name": each.container, "target": each.flow.target_text()}
        title = message("after {event}: {target} leads to container {name}, which does not publish it", **facts)
        detail = message(
            "{name} gets the address of a container that is gone, and a rule of that container is still there: "
            "{table} {chain}: {rule}",
            name=each.container, table=each.place.table, chain=each.place.chain, rule=each.place.text,
        )  # fmt: skip
        tool = "ip6tables" if each.place.family == "ip6" else "iptables"
        typed = f"{tool} -t {each.place.table} -D {each.place.text.removeprefix('-A ')}"
        advice = message("delete the rule, and find out what left it: `{command}`", command=typed)
        exposed = _exposure(_LEFT, each.label, _about(each.place, title, detail), each.flows, advice)
        yield msgspec.structs.replace(exposed, proof=each.proof, event=each.event)


def _reached(examination: Examination) -> Iterator[CauseAnswer]:
    """Yield the ports that a file of the owner's closes, and that its clients reach."""
    for each in denied_in_writing(examination):
        place = Place("iptables-nft", "ip", "filter", "INPUT", 0, each.text, line=each.line, evidence=each.evidence)
        facts = {"file": each.file, "line": each.line, "port": each.port}
        title = message("{file} line {line} denies port {port}, and clients reach it", **facts)
        detail = message(
            "A published port is forwarded to its container: the rules for the host's own ports do not meet it."
        )
        of_rule = _about(place, title, detail)
        yield _exposure("published-bypasses-host-firewall", each.host, of_rule, each.flows, _closed_for(each.port))


def _about(place: Place, title: Message, detail: Message) -> Candidate:
    evidence = (place.evidence,) if place.evidence else ()
    return Candidate(title, detail, Change(()), OfRule(place), "deciding-rule", evidence)


def _exposure(id_: str, host: str, candidate: Candidate, flows: tuple[int, ...], advice: Message) -> CauseAnswer:
    """Return what is more open than somebody wants; hairpin changes nothing about it."""
    return CauseAnswer(
        ref="",
        id=id_,
        host=host,
        severity="exposure",
        candidate=candidate,
        stop=None,
        proof=None,
        flows=tuple(map(ref_of, flows)),
        together=(),
        remedies=(Remedy("by-hand", (), advice=(advice,)),),
    )


def _closed_for(port: int) -> Message:
    return message(
        "if it is meant to be closed: `iptables -I DOCKER-USER -m conntrack --ctorigdstport {port} --ctdir ORIGINAL "
        "-j DROP`, saved where this host's firewall loads its rules",
        port=port,
    )


_LEFT = "stale-accept-for-dead-container"
_LOST = "firewalld-reload-loses-engine-protection"
_RESTARTED: Message = message(
    "restart dockerd after each reload of firewalld, or keep the networks apart by a rule of firewalld's own"
)
_SAVED: Message = message("if they are meant to stay out, write the rule where this host's firewall loads its rules")


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

"""The causes that events bring to flows that pass now: each in one entry, with what keeps it away."""

from collections.abc import Iterator

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.causes.cause import Candidate
from hairpin.causes.where import OfContainer, OfRule
from hairpin.change.change import Change
from hairpin.diagnose.denied_in_writing import denied_in_writing
from hairpin.diagnose.diagnose import Key
from hairpin.diagnose.examination import Examination
from hairpin.diagnose.foreseen import ForeseenCause, foreseen
from hairpin.diagnose.opened import opened_by_events
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.remedy.averting import averting
from hairpin.remedy.remedy import Remedy


def coming_causes(examination: Examination, told: frozenset[Key], first: int) -> Iterator[CauseAnswer]:
    """Yield the causes to come.  ``told``: the keys of causes that are named already; ``first``: the number of the
    first one's ref."""
    flows = tuple(each.trace.flow for each in examination.diagnoses)
    for number, cause in enumerate(foreseen(examination, told), first):
        member, ref = cause.members[0], f"c{number}"
        yield CauseAnswer(
            ref=ref,
            id=cause.id,
            host=cause.label,
            severity="latent",
            candidate=_told(cause),
            stop=member.stop,
            proof=member.proof,
            flows=tuple(f"f{number + 1}" for number in cause.flows),
            together=(ref,),
            event=cause.event,
            remedies=averting(cause, examination.network, flows),
        )


def openings(examination: Examination, first: int) -> Iterator[CauseAnswer]:
    """Yield what an event lets through that a rule keeps out now."""
    for number, each in enumerate(opened_by_events(examination), first):
        ref = f"c{number}"
        yield CauseAnswer(
            ref=ref,
            id="runtime-only-rule",
            host=each.label,
            severity="exposure",
            candidate=Candidate(
                title=message("after {event}: nothing keeps these clients out any more", event=each.event),
                detail=message(
                    "The rule that stops them now is gone then: {table} {chain}: {rule}.",
                    table=each.place.table, chain=each.place.chain, rule=each.place.text,
                ),
                change=Change(()),
                where=OfRule(each.place),
                in_class="deciding-rule",
                evidence=(each.place.evidence,),
            ),
            stop=None,
            proof=each.proof,
            flows=tuple(f"f{number + 1}" for number in each.flows),
            together=(ref,),
            event=each.event,
            remedies=(Remedy("by-hand", (), advice=(_SAVED,)),),
        )  # fmt: skip


def reached_all_the_same(examination: Examination, first: int) -> Iterator[CauseAnswer]:
    """Yield the ports that a file of the owner's closes, and that its clients reach."""
    for number, each in enumerate(denied_in_writing(examination), first):
        ref = f"c{number}"
        place = Place("iptables-nft", "ip", "filter", "INPUT", 0, each.text, line=each.line, evidence=each.evidence)
        yield CauseAnswer(
            ref=ref,
            id="published-bypasses-host-firewall",
            host=each.host,
            severity="exposure",
            candidate=Candidate(
                title=message("{file} line {line} denies port {port}, and clients reach it", file=each.file,
                              line=each.line, port=each.port),
                detail=message(
                    "A published port is forwarded to its container: the rules for the host's own ports do not meet it."
                ),
                change=Change(()),
                where=OfRule(place),
                in_class="deciding-rule",
                evidence=(each.evidence,) if each.evidence else (),
            ),
            stop=None,
            proof=None,
            flows=tuple(f"f{number + 1}" for number in each.flows),
            together=(ref,),
            remedies=(Remedy("by-hand", (), advice=(_closed_for(each.port),)),),
        )  # fmt: skip


def _closed_for(port: int) -> Message:
    return message(
        "if it is meant to be closed: `iptables -I DOCKER-USER -m conntrack --ctorigdstport {port} --ctdir ORIGINAL "
        "-j DROP`, saved where this host's firewall loads its rules",
        port=port,
    )


_SAVED: Message = message("if they are meant to stay out, write the rule where this host's firewall loads its rules")


def _told(cause: ForeseenCause) -> Candidate:
    first = cause.members[0].candidate
    return msgspec.structs.replace(first, title=_title(cause))


def _title(cause: ForeseenCause) -> Message:
    first = cause.members[0].candidate
    names = [each.candidate.where.container for each in cause.members if isinstance(each.candidate.where, OfContainer)]
    if len(names) == len(cause.members) > 1:
        return message(
            "after {event}: {title}; the same of {others}",
            event=cause.event,
            title=first.title,
            others=", ".join(dict.fromkeys(names[1:])),
        )
    return message("after {event}: {title}", event=cause.event, title=first.title)

"""The JSON document of a guard's alert: ``hairpin.guard-alert/1``, docs/schema/guard-alert-1.json.

A program gets it on its standard input, and a webhook as the body of a POST."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin import __version__
from hairpin.answer.answer import CauseAnswer
from hairpin.expect.holding import Holding
from hairpin.guard.change import Culprit
from hairpin.guard.round import Round
from hairpin.guard.telling.told_alert import AlertKind
from hairpin.message import Message
from hairpin.report.documents.guard_document import (
    CulpritDocument,
    HealedDocument,
    NotHealedDocument,
    SeenChangeDocument,
    change_document,
    healed_documents,
    not_healed_documents,
)
from hairpin.report.refs import StableId, Time
from hairpin.report.words import Words, time_text

SCHEMA: Literal["hairpin.guard-alert/1"] = "hairpin.guard-alert/1"
_MOST = 50
"""The greatest number of changes, and of expectations, that one alert lists."""


class AlertCauseDocument(msgspec.Struct, frozen=True):
    """A cause, and the commands of its first repair; none if a person has to do it another way.  ``decision``: the
    person's decision that the repair would undo; empty if an accident made the cause."""

    id: StableId
    title: str
    detail: str
    host: str
    commands: tuple[str, ...]
    decision: str = ""


class AlertExpectationDocument(msgspec.Struct, frozen=True):
    """An expectation that broke or holds again.  ``on_break``: what the file lets the guard do.  ``fix``: the command
    that shows the whole repair and carries it out; empty if there is none."""

    must: bool
    reach: str
    from_: str = msgspec.field(name="from")
    on_break: str = "alert"
    causes: tuple[AlertCauseDocument, ...] = ()
    reason: str = ""
    fix: str = ""


class AlertDocument(msgspec.Struct, frozen=True):
    """One alert.  ``summary``: all of it in a few sentences.  ``since``: when the first change of the burst was seen;
    null if nothing changed.  ``by``: who made the changes, each once; if there are several, one of them or several did
    it.  ``unknown_maker``: whether nobody is known for a part of the changes.  ``healed``, ``not_healed``: what the
    guard has repaired, and what it leaves broken although it was to heal it.  ``blind``: what the guard cannot watch
    now.  ``left_out``: how many changes and expectations are not listed."""

    schema: Literal["hairpin.guard-alert/1"]
    hairpin: str
    host: str
    kind: AlertKind
    at: Time
    summary: str
    since: Time | None = None
    broke: tuple[AlertExpectationDocument, ...] = ()
    mended: tuple[AlertExpectationDocument, ...] = ()
    changes: tuple[SeenChangeDocument, ...] = ()
    by: tuple[CulpritDocument, ...] = ()
    unknown_maker: bool = False
    healed: tuple[HealedDocument, ...] = ()
    not_healed: tuple[NotHealedDocument, ...] = ()
    blind: tuple[str, ...] = ()
    left_out: int = 0


def round_alert_document(
    kind: AlertKind,
    found: Round,
    some: tuple[tuple[Holding, ...], tuple[Holding, ...]],
    host: str,
    said: str,
    words: Words,
) -> AlertDocument:
    """Return the document of a round.  ``some``: the expectations that broke and those that hold again, of which this
    alert tells.  ``said``: the summary."""
    broke, mended = some
    lists = (broke, mended, found.changes)
    return AlertDocument(
        schema=SCHEMA,
        hairpin=__version__,
        host=host,
        kind=kind,
        at=time_text(found.at_s),
        summary=said,
        since=time_text(min(each.at_s for each in found.changes)) if found.changes else None,
        broke=tuple(_expectation(each, words) for each in broke[:_MOST]),
        mended=tuple(_expectation(each, words) for each in mended[:_MOST]),
        changes=tuple(change_document(each) for each in found.changes[:_MOST]),
        by=tuple(map(_culprit, found.culprits[:_MOST])),
        unknown_maker=found.is_by_unknown,
        healed=healed_documents(found, words),
        not_healed=not_healed_documents(found, words),
        left_out=sum(max(0, len(each) - _MOST) for each in lists),
    )


def sight_alert_document(
    kind: AlertKind, at_s: float, blind: tuple[Message, ...], host: str, said: str, words: Words
) -> AlertDocument:
    """Return the document that says that the guard became blind, or sees again."""
    return AlertDocument(SCHEMA, __version__, host, kind, time_text(at_s), said, blind=tuple(map(words, blind)))


def causes_of(holding: Holding) -> Iterator[CauseAnswer]:
    """Yield the causes of a broken expectation, each once."""
    yield from {cause.ref: cause for each in holding.breaches for cause in each.causes}.values()


def commands_of(cause: CauseAnswer) -> tuple[str, ...]:
    """Return the commands of the cause's first repair; none if they would undo a person's decision."""
    is_offered = cause.candidate.offered and cause.decision is None
    return cause.remedies[0].commands if cause.remedies and is_offered else ()


def _expectation(holding: Holding, words: Words) -> AlertExpectationDocument:
    expectation = holding.expectation
    causes = tuple(causes_of(holding))
    return AlertExpectationDocument(
        must=expectation.must,
        reach=expectation.what,
        from_=expectation.origin,
        on_break=expectation.on_break,
        causes=tuple(_cause(each, words) for each in causes),
        reason=words(holding.reason) if holding.reason is not None else "",
        fix=fix_command(holding),
    )


def fix_command(holding: Holding) -> str:
    """Return the command that repairs what the expectation reaches; empty if hairpin knows no repair."""
    if not any(commands_of(each) for each in causes_of(holding)):
        return ""
    target = holding.expectation.reach.target
    return f"hairpin fix {holding.expectation.what}" if target is not None else "hairpin fix"


def _cause(cause: CauseAnswer, words: Words) -> AlertCauseDocument:
    said = words(cause.candidate.title), words(cause.detail)
    decision = words(cause.decision.said) if cause.decision is not None else ""
    return AlertCauseDocument(cause.id, *said, cause.host, commands_of(cause), decision)


def _culprit(culprit: Culprit) -> CulpritDocument:
    return CulpritDocument(*culprit)

"""The JSON lines of ``hairpin guard run`` and ``history``: ``hairpin.guard/1``, docs/schema/guard-1.json, one line for
each round; and the document of ``hairpin guard status``: ``hairpin.guard-status/1``."""

from typing import Literal, cast

import msgspec

from hairpin.expect.expectation import Expectation
from hairpin.guard.change import Culprit, GuardState, Part, SeenChange
from hairpin.guard.round import Round
from hairpin.message import Message
from hairpin.report.documents.expect_document import (
    ExpectationDocument,
    PromiseDocument,
    expectation_document,
    promise_document,
)
from hairpin.report.refs import Time
from hairpin.report.words import Words, time_text
from hairpin.story.guarded import GuardedChange, GuardedRound

SCHEMA: Literal["hairpin.guard/1"] = "hairpin.guard/1"


class CulpritDocument(msgspec.Struct, frozen=True):
    """The process that made a change.  ``parents``: the names of its parents, the next one first.  ``unit``: the
    systemd unit or container; empty for none.  ``login``: the user id of its login; null for none.  ``exe``: the file
    of its program.  ``job``: what cron or a timer started.  ``session``: the login's terminal and ssh client."""

    pid: int
    name: str
    command: str
    parents: tuple[str, ...]
    unit: str
    login: int | None
    exe: str = ""
    job: str = ""
    session: str = ""


class SeenChangeDocument(msgspec.Struct, frozen=True):
    """One change that the kernel told.  ``culprit``: null if the kernel did not tell who made it.  ``own``: whether the
    guard's own heal made it."""

    part: Part
    at: Time
    detail: str
    culprit: CulpritDocument | None
    own: bool = False


class HealedExpectationDocument(msgspec.Struct, frozen=True):
    """An expectation that was to be healed, as its file has it."""

    must: bool
    reach: str
    from_: str = msgspec.field(name="from")


class HealedDocument(msgspec.Struct, frozen=True):
    """A heal: a plan that was carried out and verified.  ``plan``: its id, for ``hairpin undo``.  ``repairs``: the
    words of its repairs.  ``said``: what was wrong.  ``seconds``: how long it took after the host was read."""

    plan: str
    repairs: tuple[str, ...]
    said: tuple[str, ...]
    expectations: tuple[HealedExpectationDocument, ...]
    seconds: float


class NotHealedDocument(msgspec.Struct, frozen=True):
    """Expectations that the guard leaves broken although it was to heal them, and why.  ``fight``: whether it has
    stopped because ``culprits`` break again and again what it repairs."""

    expectations: tuple[HealedExpectationDocument, ...]
    reason: str
    repairs: tuple[str, ...]
    culprits: tuple[CulpritDocument, ...]
    fight: bool


class GuardDocument(msgspec.Struct, frozen=True):
    """A round: the changes of a burst, and the expectations that broke or were mended.  ``lost``, ``kept_again``: the
    promises of Compose files and Quadlets that containers have not any more, or again.  ``blind``: what cannot be
    watched, in the first round.  ``failed``: why the host could not be read; empty if it was.  ``healed``,
    ``not_healed``: what the guard has repaired, and what it leaves broken."""

    schema: Literal["hairpin.guard/1"]
    at: Time
    changes: tuple[SeenChangeDocument, ...]
    broke: tuple[ExpectationDocument, ...]
    mended: tuple[ExpectationDocument, ...]
    broken: int
    expectations: int
    blind: tuple[str, ...]
    failed: str
    healed: tuple[HealedDocument, ...] = ()
    not_healed: tuple[NotHealedDocument, ...] = ()
    lost: tuple[PromiseDocument, ...] = ()
    kept_again: tuple[PromiseDocument, ...] = ()


def round_document(found: Round, blind: tuple[Message, ...], words: Words) -> GuardDocument:
    """Return the document of a round in the reader's language."""
    every = found.held.each if found.held is not None else ()
    return GuardDocument(
        schema=SCHEMA,
        at=time_text(found.at_s),
        changes=tuple(change_document(each, found.own) for each in found.changes),
        broke=tuple(expectation_document(each, words) for each in found.broke),
        mended=tuple(expectation_document(each, words) for each in found.mended),
        broken=sum(each.is_broken for each in every),
        expectations=len(every),
        blind=tuple(map(words, blind)),
        failed=words(found.failed) if found.failed is not None else "",
        healed=healed_documents(found, words),
        not_healed=not_healed_documents(found, words),
        lost=tuple(promise_document(each, words) for each in found.lost),
        kept_again=tuple(promise_document(each, words) for each in found.kept_again),
    )


def healed_documents(found: Round, words: Words) -> tuple[HealedDocument, ...]:
    """Return the heals of a round."""
    return tuple(
        HealedDocument(
            each.plan, each.repairs, tuple(map(words, each.said)), _expectations(each.expectations), each.took_s
        )
        for each in found.healed
    )


def not_healed_documents(found: Round, words: Words) -> tuple[NotHealedDocument, ...]:
    """Return what a round leaves broken although it was to heal it."""
    return tuple(
        NotHealedDocument(
            _expectations(each.expectations),
            words(each.reason),
            each.repairs,
            tuple(CulpritDocument(*one) for one in each.culprits),
            each.is_fight,
        )
        for each in found.not_healed
    )


def _expectations(some: tuple[Expectation, ...]) -> tuple[HealedExpectationDocument, ...]:
    return tuple(HealedExpectationDocument(each.must, each.what, each.origin) for each in some)


def kept_json(kept: bytes | GuardedRound) -> bytes:
    """Return the JSON line of a kept round: its document, or for a round that told nothing one with its changes."""
    if isinstance(kept, bytes):
        return kept
    changes = tuple(_kept_change(each) for each in kept.changes)
    document = GuardDocument(SCHEMA, time_text(kept.at), changes, (), (), kept.broken, kept.expectations, (), "")
    return msgspec.json.encode(document)


def _kept_change(change: GuardedChange) -> SeenChangeDocument:
    by = change.by
    culprit = CulpritDocument(*msgspec.structs.astuple(by)) if by is not None else None
    return SeenChangeDocument(cast(Part, change.part), time_text(change.at), change.detail, culprit)


STATUS: Literal["hairpin.guard-status/1"] = "hairpin.guard-status/1"


class UndeliveredDocument(msgspec.Struct, frozen=True):
    """Alerts that could not be delivered in one way.  ``last``: when the last one was sent."""

    way: str
    count: int
    last: Time
    reason: str


class GuardStatusDocument(msgspec.Struct, frozen=True):
    """Whether a guard runs.  ``process`` to ``broken``: of the guard that began last; null if none ever did.
    ``heard``: when it last said that it lives.  ``blind``: what it cannot watch or do.  ``undelivered``: alerts of this
    guard, and of the one before it, that could not be delivered."""

    schema: Literal["hairpin.guard-status/1"]
    runs: bool
    process: int | None = None
    file: str = ""
    since: Time | None = None
    heard: Time | None = None
    expectations: int = 0
    broken: int = 0
    blind: tuple[str, ...] = ()
    undelivered: tuple[UndeliveredDocument, ...] = ()


def state_document(state: GuardState | None) -> GuardStatusDocument:
    """Return the document of the guard's state; None if no guard has ever run."""
    if state is None:
        return GuardStatusDocument(STATUS, runs=False)
    since, heard = time_text(state.started_s), time_text(state.beat_s)
    lost = tuple(UndeliveredDocument(each.way, each.number, time_text(each.at_s), each.reason)
                 for each in state.undelivered)  # fmt: skip
    counts = (state.expectations, state.broken, state.blind, lost)
    return GuardStatusDocument(STATUS, state.lives, state.process, state.file, since, heard, *counts)


def change_document(change: SeenChange, own: tuple[Culprit, ...] = ()) -> SeenChangeDocument:
    """Return the document of one change.  ``own``: the culprits that are the guard's own heals."""
    made = _culprit(change.culprit)
    return SeenChangeDocument(change.part, time_text(change.at_s), change.detail, made, change.culprit in own)


def _culprit(culprit: Culprit | None) -> CulpritDocument | None:
    return None if culprit is None else CulpritDocument(*culprit)

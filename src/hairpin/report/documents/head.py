"""The documents' common fields: the hosts, and the missing readings."""

from typing import Literal, TypedDict

import msgspec

import hairpin
from hairpin.answer.answer import Answer
from hairpin.evidence.told import UNNAMED
from hairpin.host.contact import Tool
from hairpin.host.host import Host, Unread
from hairpin.report.quotes import Quotes
from hairpin.report.refs import EvidenceRef, SnapshotId, Time
from hairpin.report.under_way import PlanUnderWayDocument, plan_document
from hairpin.report.unread import left_undecided, why_unread
from hairpin.report.words import Words


class EngineDocument(msgspec.Struct, frozen=True):
    """A container engine, and whether its API answers.  ``answered_ms``: null if the API did not answer, or if the time
    was not measured."""

    name: Tool
    version: str
    endpoint: str
    state: Literal["answers", "hung", "stopped", "unreachable", "unreadable"]
    answered_ms: int | None


class HostDocument(msgspec.Struct, frozen=True):
    """One host, and when it was read.  For a host that could not be read, only ``name`` is known.  ``plan_under_way``:
    a plan of hairpin that is tried, half done or being undone.  A plan in progress may soon change the host.  ``name``,
    ``kernel`` and ``taken_at`` are null where a pasted text does not tell them."""

    name: str | None
    kernel: str | None
    snapshot_id: SnapshotId
    taken_at: Time | None
    engines: tuple[EngineDocument, ...] = ()
    plan_under_way: PlanUnderWayDocument | None = None


class MissingDocument(msgspec.Struct, frozen=True):
    """A missing reading, and the facts that stay undecided without it."""

    key: str
    netns: str
    origin: str
    reason: str
    undecided: str
    evidence: EvidenceRef | None
    host: str = ""


class HeadFields(TypedDict):
    """The hairpin version that wrote a document, and the document's hosts.  ``host``: the first of ``hosts``."""

    hairpin: str
    host: HostDocument
    hosts: tuple[HostDocument, ...]


def head_of(answer: Answer) -> HeadFields:
    """Return the head of an answer's document."""
    return head(tuple(map(host_document, answer.network.hosts)))


def head(hosts: tuple[HostDocument, ...]) -> HeadFields:
    """Return the head of a document about these hosts, of which the first is this host."""
    return {"hairpin": hairpin.__version__, "host": hosts[0], "hosts": hosts}


def host_document(host: Host) -> HostDocument:
    """Return the document of one host."""
    versions = {engine.kind: engine.version for engine in reversed(host.engines)}
    of_users = {(engine.kind, engine.user): engine.version for engine in host.engines}
    engines = tuple(
        EngineDocument(
            each.kind,
            of_users.get((each.kind, each.user), versions[each.kind]),
            each.endpoint,
            each.state,
            each.answered_ms,
        )
        for each in host.contacts
    )
    plan = plan_document(host.plans)
    if host.told is not None:
        named = (host.name if host.name != UNNAMED else None, host.kernel or None)
        return HostDocument(*named, host.snapshot_id, host.taken_at or None, engines, plan)
    return HostDocument(host.name, host.kernel, host.snapshot_id, host.taken_at, engines, plan)


def missing_documents(answer: Answer, quotes: Quotes, words: Words) -> tuple[MissingDocument, ...]:
    """Return the documents of the missing readings and of the judges' disagreements."""
    return tuple(missing_document(each, quotes.plain(each.evidence), words) for each in answer.missing)


def missing_document(unread: Unread, evidence: EvidenceRef | None, words: Words) -> MissingDocument:
    """Return the document of one missing reading.

    ``evidence``: the ref of the evidence that the reading is missing, such as an error message; None if there is no
    such evidence."""
    return MissingDocument(
        unread.key,
        unread.netns,
        unread.origin,
        why_unread(unread, words),
        words(left_undecided(unread)),
        evidence,
        unread.host,
    )

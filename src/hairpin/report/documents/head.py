"""What the documents have in common: the hosts, and what could not be read of them."""

from typing import Literal, TypedDict

import msgspec

import hairpin
from hairpin.answer.answer import Answer
from hairpin.host.host import Host, Unread
from hairpin.report.quotes import Quotes
from hairpin.report.refs import EvidenceRef, SnapshotId, Time
from hairpin.report.under_way import PlanUnderWayDocument, plan_document
from hairpin.report.unread import left_undecided, why_unread
from hairpin.report.words import Words


class EngineDocument(msgspec.Struct, frozen=True):
    """A container engine, and whether its API answers.  ``answered_ms``: null if it did not answer, or if the time was
    not measured."""

    name: Literal["docker", "podman"]
    version: str
    endpoint: str
    state: Literal["answers", "hung", "stopped", "unreachable", "unreadable"]
    answered_ms: int | None


class HostDocument(msgspec.Struct, frozen=True):
    """One host, and when it was read; all but the name is empty for a host that could not be read.
    ``plan_under_way``: while it is tried, half done or taken back, all that is told of the host may soon be another."""

    name: str
    kernel: str
    snapshot_id: SnapshotId
    taken_at: Time
    engines: tuple[EngineDocument, ...] = ()
    plan_under_way: PlanUnderWayDocument | None = None


class MissingDocument(msgspec.Struct, frozen=True):
    """Something that could not be read, and what that leaves undecided."""

    key: str
    netns: str
    origin: str
    reason: str
    undecided: str
    evidence: EvidenceRef | None
    host: str = ""


class HeadFields(TypedDict):
    """Who wrote a document, and about which hosts; ``host`` is the first of them."""

    hairpin: str
    host: HostDocument
    hosts: tuple[HostDocument, ...]


def head_of(answer: Answer) -> HeadFields:
    """Return the head of what is said in an answer."""
    return head(tuple(map(host_document, answer.network.hosts)))


def head(hosts: tuple[HostDocument, ...]) -> HeadFields:
    """Return the head of a document about these hosts, this one first."""
    return {"hairpin": hairpin.__version__, "host": hosts[0], "hosts": hosts}


def host_document(host: Host) -> HostDocument:
    """Return one host."""
    versions = {engine.kind: engine.version for engine in host.engines}
    engines = tuple(
        EngineDocument(each.kind, versions[each.kind], each.endpoint, each.state, each.answered_ms)
        for each in host.contacts
    )
    plan = plan_document(host.plans)
    return HostDocument(host.name, host.kernel, host.snapshot_id, host.taken_at, engines, plan)


def missing_documents(answer: Answer, quotes: Quotes, words: Words) -> tuple[MissingDocument, ...]:
    """Return the parts that could not be read, and the judges' disagreements."""
    return tuple(missing_document(each, quotes.plain(each.evidence), words) for each in answer.missing)


def missing_document(unread: Unread, evidence: EvidenceRef | None, words: Words) -> MissingDocument:
    """Return one part that could not be read; ``evidence``: the ref of the reading that says so."""
    return MissingDocument(
        unread.key,
        unread.netns,
        unread.origin,
        why_unread(unread, words),
        words(left_undecided(unread)),
        evidence,
        unread.host,
    )

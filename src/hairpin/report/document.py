"""The JSON document of ``hairpin check``: ``hairpin.report/1``, docs/schema/report-1.json."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

import hairpin
from hairpin.diagnose.check import Answer, FoundCause, Severity
from hairpin.diagnose.diagnose import Diagnosis
from hairpin.evidence.reading import Evidence
from hairpin.host.host import Host, Unread
from hairpin.message import Message, message
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from hairpin.report.quotes import Quote, Quotes
from hairpin.report.words import Words
from hairpin.walk.state import RuleDecided, SocketDecided, Stage, Stop
from hairpin.walk.walk import Trace, Verdict

SCHEMA: Literal["hairpin.report/1"] = "hairpin.report/1"
Judge = Literal["simulated", "replicated", "observed"]
FlowRef = Annotated[str, Meta(pattern=r"^f[1-9][0-9]*$")]
CauseRef = Annotated[str, Meta(pattern=r"^c[1-9][0-9]*$")]
EvidenceRef = Annotated[str, Meta(pattern=r"^e[1-9][0-9]*[a-z]*$")]
StableId = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
"""Kebab-case; never reused with another meaning."""
SnapshotId = Annotated[str, Meta(pattern=r"^(sha256:[0-9a-f]{64})?$")]
Time = Annotated[str, Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z)?$")]
"""RFC 3339, UTC."""
_SEVERITIES: tuple[Severity, ...] = ("blocking", "latent", "exposure", "advice")


class HostDocument(msgspec.Struct, frozen=True):
    """Whose network it is, and when it was read."""

    name: str
    kernel: str
    snapshot_id: SnapshotId
    taken_at: Time


class StoppedAt(msgspec.Struct, frozen=True):
    """Where the packet's way ended.  ``rule``: the rule's own words; a policy has a chain and no number."""

    host: str
    netns: str
    stage: Stage
    link: str
    table: str | None = None
    chain: str | None = None
    rule: str | None = None
    evidence: EvidenceRef | None = None
    number: int | None = None
    reason: StableId | None = None


class FlowDocument(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """One flow and what becomes of it; ``causes`` are references."""

    id: FlowRef
    origin: str
    to: str
    container: str | None
    verdict: Verdict
    conditions: tuple[str, ...]
    judge: Judge
    stopped_at: StoppedAt | None
    causes: tuple[CauseRef, ...]
    purpose: Literal["published", "egress", "dns", "asked"] = "asked"
    assumed: tuple[str, ...] = ()


class ProofDocument(msgspec.Struct, frozen=True):
    """What shows the cause: the verdict without its change, and with the changes of every cause in ``set``."""

    judge: Judge
    without_change: Verdict
    with_change: Verdict
    set: tuple[CauseRef, ...]


class FileDocument(msgspec.Struct, frozen=True):
    """A file that keeps a repair, with the whole of its content."""

    file: str
    content: str


class RemedyDocument(msgspec.Struct, frozen=True):
    """A repair; ``persist_commands`` have the host's own manager keep it where no file of ours should."""

    id: StableId
    commands: tuple[str, ...]
    persist: tuple[FileDocument, ...]
    side_effects: tuple[str, ...]
    persist_commands: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


class CauseDocument(msgspec.Struct, frozen=True):
    """A proven cause; ``flows`` are the ids of those that it stops."""

    ref: CauseRef
    id: StableId
    severity: Severity
    title: str
    detail: str
    where: dict[str, str]
    flows: tuple[FlowRef, ...]
    proof: ProofDocument
    event: StableId | None
    evidence: tuple[EvidenceRef, ...]
    remedies: tuple[RemedyDocument, ...]


class MissingDocument(msgspec.Struct, frozen=True):
    """Something that could not be read, and what that leaves undecided."""

    key: str
    netns: str
    origin: str
    reason: str
    undecided: str
    evidence: EvidenceRef | None


class ReportDocument(msgspec.Struct, frozen=True):
    """The whole answer; flows in the order asked, causes best first."""

    schema: Literal["hairpin.report/1"]
    hairpin: str
    host: HostDocument
    flows: tuple[FlowDocument, ...]
    causes: tuple[CauseDocument, ...]
    evidence: dict[EvidenceRef, Quote]
    missing: tuple[MissingDocument, ...]


def report_document(answer: Answer, evidence: Evidence | None, words: Words) -> ReportDocument:
    """Return the document; ``evidence`` is what the network was parsed from (None: quotes have no origin)."""
    quotes = Quotes(evidence)
    host = answer.network.this
    flows = tuple(
        _judged(flow_document(f"f{number}", each.trace, quotes, _refs(answer, number - 1, each)), answer, number - 1)
        for number, each in enumerate(answer.diagnoses, 1)
    )
    ranked = sorted(answer.causes, key=lambda each: _SEVERITIES.index(each.severity))
    causes = tuple(_cause(each, answer, quotes, words) for each in ranked)
    missing = tuple(_missing(each, quotes, words) for each in answer.missing)
    return ReportDocument(
        schema=SCHEMA,
        hairpin=hairpin.__version__,
        host=host_document(host, evidence),
        flows=flows,
        causes=causes,
        evidence=quotes.all(),
        missing=missing,
    )


def _judged(document: FlowDocument, answer: Answer, number: int) -> FlowDocument:
    return msgspec.structs.replace(document, judge="replicated") if number in answer.replicated_flows else document


def host_document(host: Host, evidence: Evidence | None) -> HostDocument:
    """Return whose network it is; what the evidence says goes before what the host was built with."""
    if evidence is None:
        return HostDocument(host.name, host.kernel, host.snapshot_id, host.taken_at)
    return HostDocument(evidence.hostname, evidence.kernel, evidence.snapshot_id, evidence.taken_at)


def _refs(answer: Answer, number: int, diagnosis: Diagnosis) -> tuple[str, ...]:
    """Return the references of the causes that stop this flow, in the order of its own diagnosis."""
    order = [(each.cause, each.candidate.where) for each in diagnosis.causes]
    found = [each for each in answer.causes if number in each.flows]
    return tuple(each.ref for each in sorted(found, key=lambda one: order.index((one.id, one.candidate.where))))


def flow_document(flow_id: str, trace: Trace, quotes: Quotes, causes: tuple[str, ...] = ()) -> FlowDocument:
    """Return one flow as its usual branch went."""
    stop = trace.usual.stop if trace.verdict != "delivered" else None
    return FlowDocument(
        id=flow_id,
        origin=trace.flow.start_text(),
        to=trace.flow.target_text(),
        container=trace.flow.container,
        verdict=trace.verdict,
        conditions=tuple(each.text for each in trace.conditions),
        judge="simulated",
        stopped_at=_stopped_at(stop, quotes) if stop is not None else None,
        causes=causes,
        purpose=trace.flow.purpose,
        assumed=trace.usual.assumed,
    )


def _stopped_at(stop: Stop, quotes: Quotes) -> StoppedAt:
    decided = stop.decided_by
    place = decided.place if isinstance(decided, RuleDecided) else None
    return StoppedAt(
        host=stop.netns.host,
        netns=stop.netns.name,
        stage=stop.stage,
        link=stop.link,
        table=place.table if place is not None else None,
        chain=place.chain if place is not None else None,
        rule=place.text if place is not None else None,
        evidence=quotes.decided(decided),
        number=place.number or None if place is not None else None,
        reason=stop.reason,
    )


def _evidence(found: FoundCause, answer: Answer, quotes: Quotes) -> tuple[str, ...]:
    """Return what the cause stands on: what it names itself, else what stopped the packet."""
    suspects = answer.diagnoses[found.flows[0]].causes
    stop = next((each.stop for each in suspects if each.candidate.where == found.candidate.where), None)
    named = quotes.cause(found.candidate, stop.decided_by if stop is not None else None)
    if named or stop is None:
        return named
    reference = quotes.decided(stop.decided_by)
    if reference is None and isinstance(stop.decided_by, SocketDecided):
        reference = quotes.socketless(stop.netns.name, stop.decided_by.text)
    return (reference,) if reference is not None else ()


def _cause(found: FoundCause, answer: Answer, quotes: Quotes, words: Words) -> CauseDocument:
    candidate = found.candidate
    judge: Judge = "replicated" if found.ref in answer.replicated_causes else "simulated"
    return CauseDocument(
        ref=found.ref,
        id=found.id,
        severity=found.severity,
        title=words(candidate.title),
        detail=words(candidate.detail),
        where=dict(candidate.where),
        flows=tuple(f"f{number + 1}" for number in found.flows),
        proof=ProofDocument(judge, found.proof.without_change, found.proof.with_change, found.together),
        event=None,
        evidence=_evidence(found, answer, quotes),
        remedies=tuple(_remedy(each, words) for each in remedies(found.id, candidate, answer.network)),
    )


def _remedy(remedy: Remedy, words: Words) -> RemedyDocument:
    return RemedyDocument(
        id=remedy.id,
        commands=remedy.commands,
        persist=tuple(FileDocument(each.file, each.content) for each in remedy.persist),
        side_effects=tuple(words(each) for each in remedy.side_effects),
        persist_commands=remedy.persist_commands,
        advice=tuple(words(each) for each in remedy.advice),
    )


_UNDECIDED: tuple[tuple[tuple[str, ...], Message], ...] = (
    (("iptables", "nft", "ipset", "ebtables"), message("whether a rule drops or translates packets")),
    (("docker", "podman"), message("which containers run and what they publish")),
    (("namespaces", "netns"), message("what happens inside of containers")),
    (("sockets", "proc-net"), message("which ports somebody listens on")),
    (("sysctl",), message("whether a kernel setting stops packets")),
    (("conntrack",), message("what live connections remember")),
    (("firewalld", "ufw"), message("how the firewall's manager is configured")),
    (("ip-", "bridge"), message("which way packets take")),
)


def _missing(unread: Unread, quotes: Quotes, words: Words) -> MissingDocument:
    undecided = next(
        (said for keys, said in _UNDECIDED if unread.key.startswith(keys)), message("details of this host's set-up")
    )
    reason = words(unread.reason) if isinstance(unread.reason, Message) else unread.reason
    return MissingDocument(
        unread.key, unread.netns, unread.origin, reason, words(undecided), quotes.plain(unread.evidence)
    )

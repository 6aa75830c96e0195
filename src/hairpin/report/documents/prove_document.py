"""The JSON document of ``hairpin prove``: ``hairpin.prove/1``, docs/schema/prove-1.json."""

from typing import Literal

import msgspec
from msgspec import UnsetType

from hairpin.answer.answer import Answer, Judge
from hairpin.judges.judged import Judged
from hairpin.replica.judgement import Hit, Judgement, Sighting
from hairpin.replica.judgement import Verdict as KernelVerdict
from hairpin.report.documents.document import FlowDocument, QuestionDocument, flow_document, question_documents
from hairpin.report.documents.head import HostDocument, MissingDocument, head_of, missing_documents
from hairpin.report.places import places_of
from hairpin.report.quotes import Quote, Quotes
from hairpin.report.words import Words

SCHEMA: Literal["hairpin.prove/1"] = "hairpin.prove/1"


class CountedRule(msgspec.Struct, frozen=True):
    """A rule whose counter shows that it dropped or rejected packets in the replica.  ``number``: 0 for the chain's
    policy."""

    netns: str
    table: str
    chain: str
    number: int
    text: str
    packets: int
    host: str = ""


class Seen(msgspec.Struct, frozen=True):
    """A packet on a link of the replica.  ``out``: true if the packet leaves by the link, false if it enters.
    ``at_ms``: the time since the first packet."""

    at_ms: float
    netns: str
    link: str
    out: bool
    packet: str
    host: str = ""


class KernelAnswer(msgspec.Struct, frozen=True):
    """The running kernel's answer.  ``reasons``: the kernel's names for the drop reasons (enum skb_drop_reason)."""

    verdict: KernelVerdict | Literal["depends"]
    netns: str | None
    link: str | None
    rules: tuple[CountedRule, ...]
    reasons: tuple[str, ...]
    packets: tuple[Seen, ...]
    elapsed_ms: float
    host: str | None = None


class ProvenDocument(msgspec.Struct, frozen=True):
    """One flow: the walk's answer, the kernel's answer, and whether they agree.

    ``agree``: null if a part that the replica leaves out may decide the flow.  ``replicated``: null with ``--live``,
    where ``simulated`` has the object ``live``, and ``agree`` says whether the real packets do what hairpin says."""

    simulated: FlowDocument
    replicated: KernelAnswer | None
    agree: bool | None
    difference: str
    judge: Judge
    left_out: tuple[str, ...]
    apart: tuple[str, ...]
    file: str | None


class ProveDocument(msgspec.Struct, frozen=True):
    """The whole answer.  ``flows``: the flows in the order in which they were asked."""

    schema: Literal["hairpin.prove/1"]
    hairpin: str
    host: HostDocument
    kernel: str
    flows: tuple[ProvenDocument, ...]
    evidence: dict[str, Quote]
    hosts: tuple[HostDocument, ...]
    missing: tuple[MissingDocument, ...]
    notes: tuple[str, ...] = ()
    questions: tuple[QuestionDocument, ...] = ()


def prove_document(answer: Answer, words: Words) -> ProveDocument:
    """Return the document of the flows that both judges have answered, in the reader's language."""
    quotes = Quotes(answer.evidence, words)
    files = {each.flow: each.file for each in answer.disputes}
    flows = tuple(
        _proven(flow_document(each, answer, quotes, words, places_of(answer)), each.judged, files.get(each.ref), words)
        if each.judged is not None
        else _of_real_packets(flow_document(each, answer, quotes, words, places_of(answer)))
        for each in answer.flows
        if each.judged is not None or each.live is not None
    )
    return ProveDocument(
        schema=SCHEMA,
        **head_of(answer),
        kernel=answer.kernel or "",
        flows=flows,
        evidence=quotes.all(),
        missing=_hosts_not_read(answer, quotes, words),
        notes=tuple(words(each) for each in (*answer.elsewhere, *answer.notes)),
        questions=question_documents(answer, words),
    )


def _hosts_not_read(answer: Answer, quotes: Quotes, words: Words) -> tuple[MissingDocument, ...]:
    """Return the documents of the missing readings, such as those of a host that could not be read.

    Disagreements of the judges are not among these documents, because each flow's own document has them."""
    return missing_documents(msgspec.structs.replace(answer, disputes=()), quotes, words)


def _proven(simulated: FlowDocument, judged: Judged, file: str | None, words: Words) -> ProvenDocument:
    reason = judged.agreement.reason
    return ProvenDocument(
        simulated,
        _kernel(judged.judgement),
        judged.agreement.agrees,
        words(reason) if reason is not None else "",
        judged.agreement.judge,
        tuple(words(each) for each in judged.judgement.left_out),
        tuple(words(each) for each in judged.judgement.apart),
        file,
    )


def _of_real_packets(simulated: FlowDocument) -> ProvenDocument:
    """Return the document of a flow that was tried with real packets."""
    live = simulated.live
    agrees, headline = (None, None) if isinstance(live, UnsetType) else (live.agrees, live.headline)
    return ProvenDocument(simulated, None, agrees, headline or "", simulated.judge, (), (), None)


def _kernel(judgement: Judgement) -> KernelAnswer:
    place = judgement.place
    first = judgement.path[0].at_ns if judgement.path else 0
    return KernelAnswer(
        judgement.verdict,
        place.netns.name if place is not None else None,
        place.link or None if place is not None else None,
        tuple(_rule(hit) for hit in place.rules) if place is not None else (),
        place.reasons if place is not None else (),
        tuple(_seen(each, first) for each in judgement.path),
        round(judgement.elapsed_ms, 3),
        place.netns.host if place is not None else None,
    )


def _rule(hit: Hit) -> CountedRule:
    return CountedRule(hit.netns.name, hit.table, hit.chain, hit.number, hit.text, hit.packets, hit.netns.host)


def _seen(seen: Sighting, first: int) -> Seen:
    return Seen(
        round((seen.at_ns - first) / 1e6, 3), seen.netns.name, seen.link, seen.out, seen.text(), seen.netns.host
    )

"""The JSON document of ``hairpin prove``: ``hairpin.prove/1``, docs/schema/prove-1.json."""

from typing import Literal

import msgspec

import hairpin
from hairpin.evidence.reading import Evidence
from hairpin.judges.proof import Proof
from hairpin.network.network import Network
from hairpin.replica.run.worker import Judgement
from hairpin.replica.watch.counters import Hit
from hairpin.replica.watch.tap import Sighting
from hairpin.replica.watch.verdict import Verdict as KernelVerdict
from hairpin.report.document import FlowDocument, HostDocument, Judge, flow_document, host_document
from hairpin.report.quotes import Quote, Quotes

SCHEMA: Literal["hairpin.prove/1"] = "hairpin.prove/1"


class CountedRule(msgspec.Struct, frozen=True):
    """A rule that took packets away on the replica, by its own counter; ``number`` 0 is the chain's policy."""

    netns: str
    table: str
    chain: str
    number: int
    text: str
    packets: int


class Seen(msgspec.Struct, frozen=True):
    """A packet on a link, ``out`` of it or in by it; ``at_ms`` since the first."""

    at_ms: float
    netns: str
    link: str
    out: bool
    packet: str


class KernelAnswer(msgspec.Struct, frozen=True):
    """What the running kernel did.  ``reasons`` are its own names for drops (enum skb_drop_reason)."""

    verdict: KernelVerdict | Literal["depends"]
    netns: str | None
    link: str | None
    rules: tuple[CountedRule, ...]
    reasons: tuple[str, ...]
    packets: tuple[Seen, ...]
    elapsed_ms: float


class ProvenDocument(msgspec.Struct, frozen=True):
    """One flow: the walk's answer, the kernel's, and whether they are the same (null: what was left out decides)."""

    simulated: FlowDocument
    replicated: KernelAnswer
    agree: bool | None
    difference: str
    judge: Judge
    left_out: tuple[str, ...]
    apart: tuple[str, ...]
    file: str | None


class ProveDocument(msgspec.Struct, frozen=True):
    """The whole answer; flows in the order asked."""

    schema: Literal["hairpin.prove/1"]
    hairpin: str
    host: HostDocument
    kernel: str
    flows: tuple[ProvenDocument, ...]
    evidence: dict[str, Quote]


def prove_document(
    proven: tuple[Proof, ...], network: Network, evidence: Evidence | None, kernel: str
) -> ProveDocument:
    """Return the document; ``kernel`` is the release of the one that judged."""
    quotes = Quotes(evidence)
    flows = tuple(_proven(f"f{number}", each, quotes) for number, each in enumerate(proven, 1))
    return ProveDocument(
        SCHEMA, hairpin.__version__, host_document(network.this, evidence), kernel, flows, quotes.all()
    )


def _proven(flow_id: str, proven: Proof, quotes: Quotes) -> ProvenDocument:
    simulated = flow_document(flow_id, proven.trace, quotes)
    return ProvenDocument(
        msgspec.structs.replace(simulated, judge=proven.agreement.judge),
        _kernel(proven.judgement),
        proven.agreement.agrees,
        proven.agreement.reason,
        proven.agreement.judge,
        proven.judgement.left_out,
        proven.judgement.apart,
        proven.file,
    )


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
    )


def _rule(hit: Hit) -> CountedRule:
    return CountedRule(hit.netns.name, hit.table, hit.chain, hit.number, hit.text, hit.packets)


def _seen(seen: Sighting, first: int) -> Seen:
    return Seen(round((seen.at_ns - first) / 1e6, 3), seen.netns.name, seen.link, seen.out, seen.text())

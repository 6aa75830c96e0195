"""The JSON document of ``hairpin walk``: ``hairpin.walk/1``, docs/schema/walk-1.json."""

from typing import Literal, assert_never

import msgspec

from hairpin.answer.answer import Answer
from hairpin.host.sysctl import dotted
from hairpin.message import message
from hairpin.netfilter.packet import Packet
from hairpin.network.prefix import address_text
from hairpin.report.documents.document import FlowDocument, QuestionDocument, flow_document, question_documents
from hairpin.report.documents.head import HostDocument, MissingDocument, head_of, missing_documents
from hairpin.report.places import places_of
from hairpin.report.quotes import Quote, Quotes
from hairpin.report.refs import EvidenceRef
from hairpin.report.words import Words
from hairpin.walk.decided import (
    Assumed,
    ConntrackDecided,
    DecidedBy,
    LinkDecided,
    RouteDecided,
    RuleDecided,
    SocketDecided,
    SysctlDecided,
)
from hairpin.walk.state import Stage, Step
from hairpin.walk.trace import Branch
from hairpin.walk.verdicts import Verdict

SCHEMA: Literal["hairpin.walk/1"] = "hairpin.walk/1"
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6", 132: "sctp"}


class PacketDocument(msgspec.Struct, frozen=True):
    """A packet's headers; ``protocol``: the protocol's name, or its number if hairpin has no name for it."""

    version: Literal[4, 6]
    protocol: str
    saddr: str
    daddr: str
    sport: int | None
    dport: int | None
    mark: int
    ttl: int


class RuleDocument(msgspec.Struct, frozen=True, tag_field="kind", tag="rule"):
    """A rule.  ``number``: 0 for the chain's policy."""

    dialect: str
    family: str
    table: str
    chain: str
    number: int
    text: str
    handle: int | None = None


class RouteDocument(msgspec.Struct, frozen=True, tag_field="kind", tag="route"):
    """A route, and the policy rule that selected the route's table, both in the syntax of ip(8)."""

    route: str
    rule: str


class SysctlDocument(msgspec.Struct, frozen=True, tag_field="kind", tag="sysctl"):
    """A sysctl's value, and the value that would have let the packet pass."""

    sysctl: str
    value: str
    wanted: str


class TextDocument(msgspec.Struct, frozen=True, tag_field="kind", tag="other"):
    """A socket, a link, a conntrack entry or an assumption.  ``what`` says which of these it is."""

    what: Literal["socket", "link", "conntrack", "assumed"]
    text: str


DecidedDocument = RuleDocument | RouteDocument | SysctlDocument | TextDocument


class StepDocument(msgspec.Struct, frozen=True):
    """One step.  ``packet``: the packet after the step."""

    host: str
    netns: str
    stage: Stage
    link: str
    packet: PacketDocument
    decided_by: DecidedDocument | None
    evidence: EvidenceRef | None
    note: str


class BranchDocument(msgspec.Struct, frozen=True):
    """Another branch of the flow, with the conditions under which it happens."""

    verdict: Verdict
    conditions: tuple[str, ...]
    request: tuple[StepDocument, ...]
    reply: tuple[StepDocument, ...]


class WalkDocument(msgspec.Struct, frozen=True):
    """One flow with every step of its walk.  ``data``: the steps of the first data packet, if that packet is lost.
    ``branches``: the other branches."""

    schema: Literal["hairpin.walk/1"]
    hairpin: str
    host: HostDocument
    hosts: tuple[HostDocument, ...]
    flow: FlowDocument
    verdict: Verdict
    request: tuple[StepDocument, ...]
    reply: tuple[StepDocument, ...]
    data: tuple[StepDocument, ...]
    branches: tuple[BranchDocument, ...]
    evidence: dict[EvidenceRef, Quote]
    missing: tuple[MissingDocument, ...]
    notes: tuple[str, ...] = ()
    questions: tuple[QuestionDocument, ...] = ()


def walk_document(answer: Answer, words: Words) -> WalkDocument:
    """Return the document of the answer's first flow, in the reader's language."""
    quotes = Quotes(answer.evidence, words)
    flow, *_ = answer.flows
    trace, usual = flow.trace, flow.trace.usual
    return WalkDocument(
        schema=SCHEMA,
        **head_of(answer),
        flow=flow_document(flow, answer, quotes, words, places_of(answer)),
        verdict=trace.verdict,
        request=_steps(usual.request, quotes, words),
        reply=_steps(usual.reply, quotes, words),
        data=_steps(usual.data, quotes, words),
        branches=tuple(_branch(each, quotes, words) for each in trace.branches[1:]),
        evidence=quotes.all(),
        missing=missing_documents(answer, quotes, words),
        notes=tuple(words(each) for each in (*answer.elsewhere, *answer.notes)),
        questions=question_documents(answer, words),
    )


def _branch(branch: Branch, quotes: Quotes, words: Words) -> BranchDocument:
    conditions = tuple(
        words(each.said if each.holds else message("not: {condition}", condition=each.said))
        for each in branch.conditions
    )
    return BranchDocument(
        branch.verdict, conditions, _steps(branch.request, quotes, words), _steps(branch.reply, quotes, words)
    )


def _steps(steps: tuple[Step, ...], quotes: Quotes, words: Words) -> tuple[StepDocument, ...]:
    return tuple(
        StepDocument(
            host=each.netns.host,
            netns=each.netns.name,
            stage=each.stage,
            link=each.link,
            packet=_packet(each.packet),
            decided_by=_decided(each.decided_by, words),
            evidence=quotes.decided(each.decided_by),
            note=each.note or "",
        )
        for each in steps
    )


def _packet(packet: Packet) -> PacketDocument:
    return PacketDocument(
        version=packet.version,
        protocol=_PROTOCOLS.get(packet.protocol, str(packet.protocol)),
        saddr=address_text(packet.saddr, packet.version),
        daddr=address_text(packet.daddr, packet.version),
        sport=packet.sport,
        dport=packet.dport,
        mark=packet.mark,
        ttl=packet.ttl,
    )


def _decided(decided: DecidedBy | None, words: Words) -> DecidedDocument | None:
    match decided:
        case None:
            return None
        case RuleDecided(place=place):
            return RuleDocument(
                place.dialect, place.family, place.table, place.chain, place.number, place.text, place.handle
            )
        case RouteDecided(route=route, rule=rule):
            return RouteDocument(route, rule)
        case SysctlDecided(path=path, value=value, wanted=wanted):
            return SysctlDocument(dotted(path), value, wanted)
        case SocketDecided(said=said):
            return TextDocument("socket", words(said))
        case LinkDecided(said=said):
            return TextDocument("link", words(said))
        case ConntrackDecided(said=said):
            return TextDocument("conntrack", words(said))
        case Assumed(said=said):
            return TextDocument("assumed", words(said))
        case _:
            assert_never(decided)

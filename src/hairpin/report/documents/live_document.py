"""What real packets showed, as the object ``live`` of a flow."""

from typing import Literal

import msgspec

from hairpin.answer.answer import FlowAnswer, Judge
from hairpin.judges.contradiction import observed_steps
from hairpin.judges.observation import LiveObservation, SeenHop
from hairpin.report.words import Words
from hairpin.walk.state import Stage


class IntervalDocument(msgspec.Struct, frozen=True):
    """An interval of 95 %."""

    low: float
    high: float


class LatencyDocument(msgspec.Struct, frozen=True):
    """The times to an answer, in milliseconds."""

    p50_ms: float
    max_ms: float


class HopDocument(msgspec.Struct, frozen=True):
    """A link on which probes were seen, or, with ``reply``, their answers.  ``out``: whether they left by the link.
    ``probes``: how many.  ``packet``: the first of them."""

    host: str
    netns: str
    link: str
    out: bool
    reply: bool
    probes: int
    packet: str


class MovedDocument(msgspec.Struct, frozen=True):
    """A counter that grew by ``by`` meanwhile, also by other traffic.  ``does``: what the rule does."""

    host: str
    netns: str
    name: str
    by: int
    does: Literal["drop", "reject", "other"]


class TracedDocument(msgspec.Struct, frozen=True):
    """A rule or policy that dropped probes or answers, by the kernel's trace."""

    host: str
    netns: str
    family: str
    table: str
    chain: str
    rule: str
    packets: int


class ReasonDocument(msgspec.Struct, frozen=True):
    """A drop reason of the kernel (enum skb_drop_reason), and how many packets were dropped for it."""

    reason: str
    packets: int


class TrackedDocument(msgspec.Struct, frozen=True):
    """The conntrack entries of the probes in one namespace."""

    host: str
    netns: str
    made: int
    answered: int


class ObservedStepDocument(msgspec.Struct, frozen=True):
    """A step of the walk.  ``judge``: ``observed`` if probes were seen to take it."""

    host: str
    netns: str
    stage: Stage
    link: str
    judge: Judge


class LiveDocument(msgspec.Struct, frozen=True):
    """The real probes of one flow.

    ``means``: the program that sent them on another machine; empty for hairpin.  ``share``: the share of answered ones
    among the sent ones, with its ``interval``; null if none was sent.  ``agrees``: whether the verdict says the same;
    null if this is undecided.  ``headline``: where hairpin and reality disagree; null where they do not.  ``ends``: the
    last hop of each silent probe.  ``why_not``: why a probe was not sent."""

    standpoint: str
    means: str
    sent: int
    answered: int
    refused: int
    silent: int
    could_not_try: int
    share: float | None
    interval: IntervalDocument | None
    latency: LatencyDocument | None
    agrees: bool | None
    headline: str | None
    where: tuple[str, ...]
    hops: tuple[HopDocument, ...]
    ends: tuple[HopDocument, ...]
    steps: tuple[ObservedStepDocument, ...]
    counters: tuple[MovedDocument, ...]
    trace: tuple[TracedDocument, ...]
    drop_reasons: tuple[ReasonDocument, ...]
    conntrack: tuple[TrackedDocument, ...]
    not_watched: tuple[str, ...]
    why_not: str | None


def live_document(flow: FlowAnswer, words: Words) -> LiveDocument | None:
    """Return the document of a flow's probes; None if none was asked for."""
    seen, told = flow.live, flow.contradiction
    if seen is None or told is None:
        return None
    interval, latency = seen.interval, seen.latencies_ms
    return LiveDocument(
        standpoint=seen.standpoint,
        means=seen.means,
        sent=seen.tried,
        answered=seen.count("answered"),
        refused=seen.count("refused"),
        silent=seen.count("silent"),
        could_not_try=seen.count("could-not-try"),
        share=seen.share,
        interval=IntervalDocument(*(round(each, 4) for each in interval)) if interval is not None else None,
        latency=LatencyDocument(*(round(each, 3) for each in latency)) if latency is not None else None,
        agrees=told.agrees,
        headline=words(told.headline) if told.headline is not None else None,
        where=tuple(words(each) for each in told.where),
        hops=tuple(map(_hop, seen.hops)),
        ends=tuple(map(_hop, seen.ends)),
        steps=_steps(flow, seen),
        counters=tuple(MovedDocument(one.netns.host, one.netns.name, one.name, one.by, one.does) for one in seen.moved),
        trace=tuple(
            TracedDocument(
                each.netns.host, each.netns.name, each.family, each.table, each.chain, each.text, each.packets
            )
            for each in seen.traced
        ),
        drop_reasons=tuple(ReasonDocument(*each) for each in seen.reasons),
        conntrack=tuple(
            TrackedDocument(each.netns.host, each.netns.name, each.made, each.answered) for each in seen.tracked
        ),
        not_watched=tuple(words(each) for each in seen.missing),
        why_not=words(seen.why_not) if seen.why_not is not None else None,
    )


def _hop(hop: SeenHop) -> HopDocument:
    return HopDocument(hop.netns.host, hop.netns.name, hop.link, hop.out, hop.reply, hop.probes, hop.text)


def _steps(flow: FlowAnswer, seen: LiveObservation) -> tuple[ObservedStepDocument, ...]:
    steps = flow.trace.usual.request
    return tuple(
        ObservedStepDocument(
            each.netns.host, each.netns.name, each.stage, each.link, "observed" if is_observed else "simulated"
        )
        for each, is_observed in zip(steps, observed_steps(flow.trace, seen), strict=True)
    )

"""Holds the walk against the kernel for one case."""

import msgspec

from hairpin.netfilter.packet import Connection
from tests.fidelity.case import Case, Flow, Sent
from tests.fidelity.kernel import Answer, Turn, ask
from tests.fidelity.model import Hits, expect, kernel_hits
from tests.fidelity.observer import Event


class Disagreement(msgspec.Struct, frozen=True):
    """Where walk and kernel differ: a flow's packet, or a rule's counter (``flow`` None).  ``branches`` are the walk's
    events, ``events`` the kernel's; ``walk`` and ``kernel`` say more in words."""

    flow: int | None
    turn: int
    sent: Sent | None
    walk: str
    kernel: str = ""
    branches: tuple[tuple[Event, ...], ...] = ()
    events: tuple[Event, ...] = ()


class Judgement(msgspec.Struct, frozen=True):
    """One case judged: how many packets were compared, how many rule counters, and what differs."""

    packets: int
    rules: int
    disagreements: tuple[Disagreement, ...]
    outcomes: tuple[tuple[str, int], ...] = ()


def judge(case: Case) -> Judgement:
    """Return what the kernel and the walk say differently of the case."""
    return compare(case, ask(case))


def compare(case: Case, answer: Answer) -> Judgement:
    """Compare every packet, then every rule's counter."""
    hits = Hits()
    found: list[Disagreement] = []
    outcomes: dict[str, int] = {}
    packets = 0
    branched = False
    turns = dict(answer.turns)
    with hits.recorded():
        for flow in case.flows:
            compared, differs, forked = _flow(flow, answer, turns, outcomes)
            packets += compared
            branched = branched or forked
            found += differs
    counters = {} if branched else kernel_hits(answer.before, answer.after)
    # A packet that went another way has counted other rules: that is the same disagreement again.
    if not found:
        for key, (count, text) in counters.items():
            if key[:4] not in hits.unsure and count != hits.count[key]:
                found.append(
                    Disagreement(None, 0, None, f"{hits.count[key]} packets at {key} {text}", f"{count} packets")
                )
    return Judgement(packets, len(counters), tuple(found), tuple(sorted(outcomes.items())))


def _flow(
    flow: Flow, answer: Answer, turns: dict[int, tuple[Turn, ...]], outcomes: dict[str, int]
) -> tuple[int, list[Disagreement], bool]:
    connections: tuple[tuple[str, Connection], ...] = ()
    packets = 0
    found: list[Disagreement] = []
    forked = False
    for position, turn in enumerate(turns.get(flow.number, ())):
        if turn.refused:
            continue
        expected = expect(answer.before, turn.sent, connections)
        packets += 1
        forked = forked or len(expected.branches) != 1
        connections = expected.connections
        outcomes[_kind(turn.events)] = outcomes.get(_kind(turn.events), 0) + 1
        if turn.events not in expected.branches and not (expected.unanswerable and not turn.events):
            found.append(
                Disagreement(
                    flow.number, position, turn.sent, expected.text, branches=expected.branches, events=turn.events
                )
            )
            break
    return packets, found, forked


def _kind(events: tuple[Event, ...]) -> str:
    return "+".join(sorted(f"{event.kind}" for event in events)) or "dropped"



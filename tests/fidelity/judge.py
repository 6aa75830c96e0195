"""Holds the walk against the kernel for one case."""

from collections import Counter
from collections.abc import Iterator

import msgspec

from hairpin.netfilter.ir import Expression
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
    elements: tuple[tuple[str, int], ...] = ()
    """How many packets satisfied a rule with this match or statement, by the kernel's count."""


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
    answers = _Answers()
    turns = dict(answer.turns)
    with hits.recorded():
        for flow in case.flows:
            compared, differs, forked = _flow(flow, answer, turns, outcomes, answers)
            packets += compared
            branched = branched or forked
            found += differs
    found += answers.unexcused()
    counters = {} if branched else kernel_hits(answer.before, answer.after)
    # A packet that went another way has counted other rules: that is the same disagreement again.
    if not found:
        for key, (count, text) in counters.items():
            if any(word in text for word in _BREAKS_OFF):
                continue
            if key[:4] not in hits.unsure and count != hits.count[key]:
                found.append(
                    Disagreement(None, 0, None, f"{hits.count[key]} packets at {key} {text}", f"{count} packets")
                )
    return Judgement(packets, len(counters), tuple(found), tuple(sorted(outcomes.items())), tuple(exercised(answer)))


def exercised(answer: Answer) -> Iterator[tuple[str, int]]:
    """Yield each kind of match and statement in rules that counted packets, with that count."""
    for key, (count, _) in kernel_hits(answer.before, answer.after).items():
        if count:
            netns, dialect, family, table, chain, number = key
            found = answer.after.namespace(netns)
            assert found is not None
            for each in found.ruleset.tables:
                if (each.dialect, each.family, each.name) == (dialect, family, table):
                    rules = next(one.rules for one in each.chains if one.name == chain)
                    yield from ((_element(part), count) for part in rules[number - 1].body)


def _element(part: Expression) -> str:
    words = [type(part).__name__]
    for name in ("field", "nat", "verdict", "answer", "name"):
        value = getattr(part, name, None)
        if isinstance(value, str) and not (name == "name" and words[0] == "StatefulMatch"):
            words.append(value)
    return " ".join(words)


def _flow(
    flow: Flow, answer: Answer, turns: dict[int, tuple[Turn, ...]], outcomes: dict[str, int], answers: "_Answers"
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
        if expected.unroutable:
            answers.note(turn.sent)
        if turn.events in expected.branches or (expected.unanswerable and not turn.events):
            continue
        differs = Disagreement(
            flow.number, position, turn.sent, expected.text, branches=expected.branches, events=turn.events
        )
        if expected.unroutable and turn.sent.packet.version == 4 and not turn.events:
            answers.missing.append((turn.sent.packet.saddr, differs))
            continue
        found.append(differs)
        break
    return packets, found, forked


class _Answers:
    """How often the kernel had to tell each source that there is no route: after five it keeps silent for a while.

    Source: net/ipv4/route.c ip_error(), ip_rt_error_burst
    """

    def __init__(self) -> None:
        self.owed: Counter[int] = Counter()
        self.missing: list[tuple[int, Disagreement]] = []

    def note(self, sent: Sent) -> None:
        """Count an answer that is owed for want of a route."""
        self.owed[sent.packet.saddr] += 1

    def unexcused(self) -> list[Disagreement]:
        """Return those missing answers for which the kernel has no such excuse."""
        return [found for saddr, found in self.missing if self.owed[saddr] <= _BURST]


_BURST = 5
_BREAKS_OFF = (" vmap ", " map ", " set ct mark", " ct mark set")
"""What makes an nft rule break off behind its counter; the walk counts rules that were carried out to their end."""


def _kind(events: tuple[Event, ...]) -> str:
    return "+".join(sorted(f"{event.kind}" for event in events)) or "dropped"

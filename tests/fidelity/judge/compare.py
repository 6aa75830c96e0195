"""Compares the walk with the kernel for one case."""

from collections import Counter
from math import ceil

import msgspec

from hairpin.host.host import Host
from hairpin.netfilter import ir
from tests.fidelity.case import Case, Sent
from tests.fidelity.coverage.element import Element
from tests.fidelity.coverage.recorder import Recorder
from tests.fidelity.expected.branches import Branch, Hits
from tests.fidelity.expected.expectations import Expectations
from tests.fidelity.expected.rule_hits import kernel_hits
from tests.fidelity.judge.element_rows import rows_of
from tests.fidelity.testbed.ask import Answer, ask
from tests.fidelity.testbed.events import Event
from tests.fidelity.testbed.transmissions import Transmission


class Disagreement(msgspec.Struct, frozen=True):
    """Where walk and kernel differ: a flow's packet, or a rule's counter (``flow`` None).  ``branches`` are the walk's
    events, ``events`` the kernel's; ``walk`` and ``kernel`` say more in words."""

    flow: int | None
    transmission: int
    sent: Sent | None
    walk: str
    kernel: str = ""
    branches: tuple[tuple[Event, ...], ...] = ()
    events: tuple[Event, ...] = ()


class Judgement(msgspec.Struct, frozen=True):
    """The result for one case: how many packets and rule counters were compared, and the differences."""

    packets: int
    rules: int
    disagreements: tuple[Disagreement, ...]
    outcomes: tuple[tuple[str, int], ...] = ()
    exercised: frozenset[Element] = frozenset()
    """The elements of the model that this case has used, if nothing differs."""
    judged: tuple[str, ...] = ()
    """Rows of docs/reference/elements.md in rules that counted packets: ``nft ct state``, ``iptables -m tcp``."""


def judge(case: Case) -> Judgement:
    """Return the differences between the kernel and the walk for the case."""
    return compare(ask(case))


def compare(answer: Answer) -> Judgement:
    """Compare every packet, then every rule's counter."""
    packets = _Packets(answer)
    packets.compare_all()
    found = [*packets.differing, *packets.answers.unexcused()]
    hits, outcomes = packets.hits, tuple(sorted(packets.outcomes.items()))
    counters = kernel_hits(answer.before, answer.after)
    # A packet on another path is counted by other rules, which would report the same disagreement again.
    if not found:
        growing = _growing(answer.before)
        for key, (count, rule) in counters.items():
            if any(word in rule.text for word in _BREAKS_OFF) or _only_notes(rule, growing):
                continue
            low, high = hits.low[key], hits.high[key]
            if not low <= count <= high:
                wanted = f"{low}" if low == high else f"{low} to {high}"
                found.append(Disagreement(None, 0, None, f"{wanted} packets at {key} {rule.text}", f"{count} packets"))
    judged = tuple(sorted({row for key, (count, rule) in counters.items() if count for row in rows_of(key, rule.text)}))
    exercised = frozenset[Element]() if found else packets.recorder.exercised(answer.before, hits.low)
    return Judgement(packets.count, len(counters), tuple(found), outcomes, exercised, judged)


def _growing(host: Host) -> frozenset[str]:
    """Return the names of sets that rules add to: their elements are unknown."""
    rulesets = [namespace.ruleset for namespace in host.namespaces]
    sets = [each for ruleset in rulesets for table in ruleset.tables for each in table.sets]
    ipsets = [each for ruleset in rulesets for each in ruleset.ipsets]
    return frozenset(each.name for each in (*sets, *ipsets) if each.opaque)


def _only_notes(rule: ir.Rule, growing: frozenset[str]) -> bool:
    """Return whether the walk leaves the rule's result open because it makes no difference (a limit that logs)."""
    open_ones = any(
        isinstance(part, ir.OpaqueMatch | ir.StatefulMatch)
        or _of_a_socket(part)
        or (isinstance(part, ir.SetMatch) and part.set in growing)
        for part in rule.body
    )
    return open_ones and all(isinstance(part, ir.Match | ir.NoEffect) for part in rule.body)


def _of_a_socket(part: ir.Expression) -> bool:
    """Return whether the match is about a socket and this kernel release decides it otherwise.

    On some releases the kernel's own packets have a socket (an ICMP error on 6.12). hairpin knows the options of
    docker-proxy's sockets only, so it cannot tell which other sockets are transparent.
    """
    if isinstance(part, ir.SocketMatch):
        return part.transparent
    return isinstance(part, ir.FieldMatch) and part.field == "skuid" and part.ranges == ((0, 0xFFFFFFFF),)


class _Packets:
    """Compares the packets of a case, in the order in which they were sent."""

    def __init__(self, answer: Answer) -> None:
        self.transmissions = answer.transmissions
        self.recorder = Recorder()
        self.expectations = Expectations(answer.before, self.recorder)
        self.hits = Hits()
        self.answers = _Answers()
        self.outcomes: dict[str, int] = {}
        self.count = 0
        self.differing: list[Disagreement] = []

    def compare_all(self) -> None:
        """Compare the first packets of all flows, then their second ones, and so on.

        A flow that differs is not compared any further.
        """
        rounds = sorted(
            (transmission.position, at, number, index)
            for at, (number, transmissions) in enumerate(self.transmissions)
            for index, transmission in enumerate(transmissions)
        )
        over = set[int]()
        for _, at, number, index in rounds:
            if number not in over and not self._agrees(number, index, self.transmissions[at][1][index]):
                over.add(number)

    def _agrees(self, number: int, position: int, transmission: Transmission) -> bool:
        """Return whether the kernel's result is one of the walk's branches; later packets go on from that branch."""
        if transmission.refused:
            return True
        self.count += 1
        self.outcomes[_kind(transmission.events)] = self.outcomes.get(_kind(transmission.events), 0) + 1
        branches = self.expectations.of(number, transmission)
        unroutable = {_asker(branch): _pieces(branch) for branch in branches if branch.unroutable}
        self.answers.owed.update(unroutable)
        taken = [branch for branch in branches if branch.events == transmission.events]
        if all(branch.untold for branch in taken):
            differs = Disagreement(
                number,
                position,
                transmission.sent,
                "; ".join(branch.text for branch in branches),
                branches=tuple(branch.events for branch in branches),
                events=transmission.events,
            )
            if not taken:
                self.differing.append(differs)
                return False
            self.answers.missing.append((_asker(taken[0]), differs))
        self.hits.add(taken)
        self.recorder.ends += (branch.end for branch in taken[:1])
        self.expectations.went(number, taken)
        return True


class _Answers:
    """Counts the errors that the kernel had to send to each source without a route: after five it is silent for a
    while.

    Source: net/ipv4/route.c ip_error(), ip_rt_error_burst
    """

    def __init__(self) -> None:
        self.owed: Counter[int] = Counter()
        self.missing: list[tuple[int, Disagreement]] = []

    def unexcused(self) -> list[Disagreement]:
        """Return the missing errors that this limit does not explain."""
        return [found for saddr, found in self.missing if self.owed[saddr] <= _BURST]


def _asker(branch: Branch) -> int:
    """Return the source of the rejected packet as it arrived: it may have been chosen or translated."""
    stop = branch.end.stop
    return stop.seen.packet.saddr if stop is not None else 0


def _pieces(branch: Branch) -> int:
    """Return how many fragments were rejected: each counts, though only the first gets an error."""
    state = branch.end.state
    return 1 if state.fragments.largest is None else ceil(state.packet.length_bytes / state.fragments.largest)


_BURST = 5
_BREAKS_OFF = (" vmap ", " map ", " set ct mark", " ct mark set")
"""Statements that may end an nft rule after its counter; the walk counts only rules that ran to their end."""


def _kind(events: tuple[Event, ...]) -> str:
    return "+".join(sorted(f"{event.kind}" for event in events)) or "dropped"

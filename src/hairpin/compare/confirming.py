"""Asks the second judge about the sets that decide flows: without and with these changes the kernel is to decide as the
walk does."""

import msgspec

from hairpin.change.difference import difference
from hairpin.compare.deciding import FlowPair, Mixer
from hairpin.errors import ChangeError
from hairpin.events.aftermath import asked_again
from hairpin.evidence.reading import Evidence
from hairpin.judges.judged import judged
from hairpin.judges.replicated import MANY_RULES, rule_count
from hairpin.network.network import Network
from hairpin.replica.judgement import Case, Kernel
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow


class DecidingClaim(msgspec.Struct, frozen=True):
    """That these differences (by index) decide the flow, which has the trace ``before`` without them."""

    pair: FlowPair
    before: Trace
    changes: frozenset[int]


def confirmed_claims(
    claims: tuple[DecidingClaim, ...], mixer: Mixer, evidence: Evidence, kernel: Kernel
) -> frozenset[int]:
    """Return the claims, by index, that the kernel confirms.  What no command makes on a host is not asked: a
    container that somebody removed."""
    network = mixer.sides.was
    if rule_count(network) > MANY_RULES:
        return frozenset()
    groups: dict[frozenset[int], list[int]] = {}
    for number, claim in enumerate(claims):
        if not claim.before.flow.asked_name and claim.changes:
            groups.setdefault(claim.changes, []).append(number)
    cases: list[tuple[list[int], Network, Case]] = []
    for changes, numbers in groups.items():
        mixed = mixer.network(changes)
        same = [n for n in numbers if asked_again(network, mixed, claims[n].pair.was) == claims[n].pair.was]
        try:
            change = difference(network, mixed)
        except ChangeError:
            continue
        if same and change.parts:
            flows = tuple(claims[number].before.flow for number in same)
            cases.append((same, mixed, Case(network, flows, (evidence,), change)))
    found: set[int] = set()
    outcomes = kernel.judge(tuple(case for _, _, case in cases)) if cases else ()
    for (numbers, mixed, case), outcome in zip(cases, outcomes, strict=True):
        if outcome.error is not None:
            continue
        for number, flow, without, with_them in zip(numbers, case.flows, outcome.before, outcome.after, strict=True):
            first = judged(network, claims[number].before, without, kernel.release)
            second = judged(mixed, walk_flow(mixed, flow), with_them, kernel.release)
            if {first.agreement.judge, second.agreement.judge} == {"replicated"}:
                found.add(number)
    return frozenset(found)

"""Makes a case that disagrees as small as possible while it still disagrees."""

import math
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from msgspec.structs import replace

from tests.fidelity.case import Case, Flow, Judged
from tests.fidelity.judge.compare import judge
from tests.fidelity.testbed.netns import SetupError

T = TypeVar("T")
_LINES = ("rulesets", "routing4", "routing6", "bridging", "sysctls", "ipsets", "outages", "programs")


def shrink(case: Case, seconds: float = math.inf) -> Case:
    """Return the smallest case found within ``seconds``; the case itself if it does not disagree again (a drawn port
    may be why).
    """
    over = time.monotonic() + seconds
    if not _disagrees(case):
        return case
    case = _fewer_flows(case)
    changed = True
    while changed:
        before = case
        # Try each removal once. After a removal that succeeded, the later positions are tried on the smaller case.
        for step in range(_MOST_STEPS):
            candidate = next(islice(_smaller(case), step, None), None)
            if candidate is None:
                break
            if time.monotonic() > over:
                return case
            while candidate is not None and _disagrees(candidate):
                case = candidate
                candidate = next(islice(_smaller(case), step, None), None)
        changed = case != before
    return case


_MOST_STEPS = 1000


def _disagrees(case: Case) -> bool:
    try:
        return bool(judge(case).disagreements)
    except SetupError:
        return False


def _fewer_flows(case: Case) -> Case:
    """Keep one flow if it disagrees alone (a counter may need several), else halve the flows as often as possible."""
    found = judge(case).disagreements
    named = {each.flow for each in found if each.flow is not None}
    for flow in case.flows:
        if flow.number in named:
            single = replace(case, flows=(flow,))
            if _disagrees(single):
                return single
    flows = list(case.flows)
    return replace(case, flows=tuple(_least(flows, lambda kept: _disagrees(replace(case, flows=tuple(kept))))))


def _least(items: list[Flow], holds: Callable[[list[Flow]], bool]) -> list[Flow]:
    size = max(1, len(items) // 2)
    while True:
        before, start = len(items), 0
        while start < len(items):
            kept = items[:start] + items[start + size :]
            if kept and holds(kept):
                items = kept
            else:
                start += size
        if size == 1 and len(items) == before:
            return items
        size = max(1, size // 2)


def _smaller(case: Case) -> Iterator[Case]:
    """Yield cases with less: whole groups of lines first, then single lines."""
    for flow in case.flows:
        for length in range(len(flow.then)):
            shorter = replace(flow, then=flow.then[:length], flags=flow.flags[:length])
            others = tuple(shorter if each is flow else each for each in case.flows)
            yield replace(case, flows=others)
    for position in range(len(case.world)):
        yield replace(case, world=case.world[:position] + case.world[position + 1 :])
    for position, netns in enumerate(case.namespaces):
        for less in (*_without_groups(netns), *_without_lines(netns)):
            namespaces = (*case.namespaces[:position], less, *case.namespaces[position + 1 :])
            yield replace(case, namespaces=namespaces)


def _without_groups(netns: Judged) -> Iterator[Judged]:
    for name in _LINES:
        lines = getattr(netns, name)
        if len(lines) > 1:
            yield replace(netns, **{name: ()})
            for less in _without_parts(lines):
                yield replace(netns, **{name: less})
    for position, text in enumerate(netns.rulesets):
        for less in _without_parts(text.rules):
            shorter = replace(text, rules=less)
            rulesets = (*netns.rulesets[:position], shorter, *netns.rulesets[position + 1 :])
            yield replace(netns, rulesets=rulesets)


def _without_parts(lines: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    """Yield the lines without a half of them, without a quarter, and so on down to two lines."""
    size = len(lines) // 2
    while size > 1:
        for start in range(0, len(lines), size):
            yield lines[:start] + lines[start + size :]
        size //= 2


def _without_lines(netns: Judged) -> Iterator[Judged]:
    for name in _LINES:
        lines = getattr(netns, name)
        for position in range(len(lines)):
            yield replace(netns, **{name: lines[:position] + lines[position + 1 :]})
    for position, text in enumerate(netns.rulesets):
        for part in ("rules", "head"):
            lines = getattr(text, part)
            for number in range(len(lines)):
                less = replace(text, **{part: lines[:number] + lines[number + 1 :]})
                rulesets = (*netns.rulesets[:position], less, *netns.rulesets[position + 1 :])
                yield replace(netns, rulesets=rulesets)

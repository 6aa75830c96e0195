"""What a guard sees, as metrics for Prometheus.

The number of different labels is bounded: a label is a state, a part of the host, the id of a cause, a way to deliver,
or an expectation as the file has it, of which the first 500 have samples of their own.  No label has the id of a
container, and none depends on the language.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import get_args

import msgspec

from hairpin import __version__
from hairpin.answer.guarded import is_told
from hairpin.expect.holding import Holding, Holdings, State
from hairpin.guard.change import Part
from hairpin.guard.round import Round
from hairpin.report.exposition import Gauge, Labels, exposition

MOST_EXPECTATIONS = 500
"""The greatest number of expectations with a sample of their own."""


class GuardTotals(msgspec.Struct):
    """What a guard has counted since it began, and what it saw last.  Times in seconds since the epoch.  ``took_s``:
    how long the last round took.  ``blind``: how many things it cannot watch or do now."""

    began_s: float
    beat_s: float
    rounds: int = 0
    failed: int = 0
    round_s: float = 0.0
    took_s: float = 0.0
    changes: Counter[str] = msgspec.field(default_factory=Counter[str])
    held: Holdings | None = None
    blind: int = 0
    heals: Counter[str] = msgspec.field(default_factory=Counter[str])
    alerts: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter[tuple[str, str]])
    """By way, and by ``delivered`` or ``failed``."""

    def count(self, found: Round, took_s: float) -> None:
        """Count a round."""
        self.rounds += 1
        self.failed += found.held is None
        self.round_s, self.took_s = found.at_s, took_s
        self.heals["done"] += len(found.healed)
        self.heals["left"] += sum(not each.is_fight for each in found.not_healed)
        self.heals["fight"] += sum(each.is_fight for each in found.not_healed)
        self.changes.update(str(each.part) for each in found.changes)
        if found.held is not None:
            self.held = found.held


def guard_metrics(totals: GuardTotals, *, is_up: bool = True) -> str:
    """Return the metrics.  ``is_up``: False when the guard ends: a file then does not go on saying that all is well."""
    if not is_up:
        return exposition((Gauge("hairpin_guard_up", _UP, (((), 0),)),))
    return exposition((*_of_guard(totals), *_of_expectations(totals.held), *_of_deeds(totals)))


_UP = "Whether a guard watches this host."


def _of_guard(totals: GuardTotals) -> Iterator[Gauge]:
    yield Gauge("hairpin_guard_up", _UP, (((), 1),))
    yield Gauge("hairpin_build_info", "The version of hairpin.", (((("version", __version__),), 1),))
    yield Gauge("hairpin_guard_start_timestamp_seconds", "When the guard began.", (((), totals.began_s),))
    yield Gauge("hairpin_guard_heartbeat_timestamp_seconds", "When the guard last said that it lives.",
                (((), totals.beat_s),))  # fmt: skip
    yield Gauge("hairpin_guard_blind", "Number of things that the guard cannot watch or do.", (((), totals.blind),))
    yield Gauge("hairpin_guard_last_round_timestamp_seconds", "When the host was last read and judged.",
                (((), totals.round_s),))  # fmt: skip
    yield Gauge("hairpin_guard_last_round_seconds", "How long the last round took.", (((), totals.took_s),))
    yield Gauge(
        "hairpin_guard_rounds_total", "Rounds: the host was read and judged.", (((), totals.rounds),), "counter"
    )
    yield Gauge("hairpin_guard_failed_rounds_total", "Rounds in which the host could not be read or judged.",
                (((), totals.failed),), "counter")  # fmt: skip
    parts: tuple[str, ...] = get_args(Part)
    yield Gauge("hairpin_guard_changes_total", "Changes that were seen, by the part of the host.",
                tuple(((("part", each),), totals.changes[each]) for each in parts), "counter")  # fmt: skip


def _of_expectations(held: Holdings | None) -> Iterator[Gauge]:
    if held is None:
        return
    counted = Counter(each.state for each in held.each)
    states: tuple[State, ...] = get_args(State)
    yield Gauge("hairpin_guard_expectations", "Number of expectations by state.",
                tuple(((("state", each),), counted[each]) for each in states))  # fmt: skip
    about = "Whether the expectation is broken (1) or not (0). No sample: undecided."
    yield Gauge("hairpin_guard_expectation_broken", about, tuple(_samples(held.each)))
    causes = Counter(each.id for each in held.answer.causes if is_told(each))
    yield Gauge("hairpin_guard_causes", "Number of causes that stop an expected flow, by id.",
                tuple(((("id", id_),), count) for id_, count in sorted(causes.items())))  # fmt: skip


def _samples(holdings: Iterable[Holding]) -> Iterator[tuple[Labels, float]]:
    found: dict[Labels, float] = {}
    for each in holdings:
        if len(found) == MOST_EXPECTATIONS:
            break
        one = each.expectation
        must = "must" if one.must else "must-not"
        if each.state != "undecided":
            found[("expect", must), ("reach", one.what), ("from", one.origin)] = each.is_broken
    yield from found.items()


def _of_deeds(totals: GuardTotals) -> Iterator[Gauge]:
    yield Gauge("hairpin_guard_heals_total", "Repairs by their result.",
                tuple(((("result", each),), count) for each, count in sorted(totals.heals.items())),
                "counter")  # fmt: skip
    ways = ("command", "journal", "webhook")
    for result, about in (("delivered", "Alerts that were delivered."), ("failed", "Alerts that were given up.")):
        name = f"hairpin_guard_alerts_{result}_total"
        yield Gauge(name, about, tuple(((("way", way),), totals.alerts[way, result]) for way in ways), "counter")

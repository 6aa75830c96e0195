"""The hunt's outcome: a table by kind of change, and the misses, the worst group first."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tests.hunt.law import Answer, Outcome
from tests.machine.columns import percent, row

_EXAMPLES = 4
_COLUMNS = ("draws", "broke", "proven", "law", "named", "world", "reading", "lost", "alarms", "raised")
_WIDTHS = {"first": 38, "width": 9}


class Judged(msgspec.Struct, frozen=True):
    """A case's number and kind with its outcome; ``raised``: the exception that ended it."""

    number: int
    kind: str
    outcome: Outcome | None
    raised: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether the law does not hold of the case, or a state is a false alarm."""
        return bool(self.raised or (self.outcome and (self.outcome.misses or self.outcome.alarms)))


class Row(msgspec.Struct):
    """The counts of one kind: cases, those that broke a flow, and of these how many were answered how."""

    draws: int = 0
    broke: int = 0
    proven: int = 0
    lawful: int = 0
    named: int = 0
    world: int = 0
    reading: int = 0
    lost: int = 0
    alarms: int = 0
    raised: int = 0

    def add(self, each: Judged) -> None:
        """Count the case."""
        self.draws += 1
        self.raised += bool(each.raised)
        outcome = each.outcome
        if outcome is None:
            return
        self.alarms += bool(outcome.alarms)
        if not outcome.answers:
            return
        self.broke += 1
        self.proven += all(answer.proven for answer in outcome.answers)
        self.lawful += not outcome.misses
        self.named += all(answer.named for answer in outcome.answers)
        unproven = [answer.undecided for answer in outcome.answers if not answer.proven]
        if unproven and all(unproven):
            self.world += "world" in unproven
            self.reading += "world" not in unproven and "reading" in unproven
            self.lost += set(unproven) == {"lost"}

    def cells(self) -> tuple[str | int, ...]:
        """Return the counts; the shares are of the cases that broke a flow and had an answer at all."""
        decided = self.broke - self.world - self.reading - self.lost
        shares = (percent(each, decided) for each in (self.proven, self.lawful, self.named))
        counts = (self.world, self.reading, self.lost, self.alarms, self.raised)
        return (self.draws, str(self.broke), *shares, *counts)


def tables(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield the table by kind of change, and the misses by group."""
    yield from table(judged)
    yield ""
    yield from misses(judged)


def table(judged: Iterable[Judged]) -> Iterator[str]:
    """Yield the table's lines, the kind with the worst law first; then the kinds that break no flow."""
    found: dict[str, Row] = defaultdict(Row)
    whole = Row()
    for each in judged:
        found[each.kind].add(each)
        whole.add(each)
    yield row("kind", _COLUMNS, **_WIDTHS)
    broke = sorted(
        ((kind, each) for kind, each in found.items() if each.broke), key=lambda item: item[1].lawful - item[1].broke
    )
    for kind, of_kind in (*broke, ("all", whole)):
        yield row(kind, of_kind.cells(), **_WIDTHS)
    idle = ", ".join(f"{kind} ({each.draws})" for kind, each in sorted(found.items()) if not each.broke)
    if idle:
        yield f"broke no flow: {idle}"


def misses(judged: Iterable[Judged]) -> Iterator[str]:
    """Yield the groups of misses, the largest first, each with a few numbers that show it."""
    groups: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for each in judged:
        for what, stop in sorted(_missed(each)):
            groups[what, each.kind, stop].append(each.number)
    counted = Counter({key: len(numbers) for key, numbers in groups.items()})
    for (what, kind, stop), count in counted.most_common():
        numbers = " ".join(map(str, groups[what, kind, stop][:_EXAMPLES]))
        yield f"{count:5}  {what:9} {kind:38} {stop:60} {numbers}"


def _missed(each: Judged) -> set[tuple[str, str]]:
    if each.outcome is None:
        return {("raised", each.raised)} if each.raised else set()
    found = {("alarm", alarm) for alarm in each.outcome.alarms}
    return found | {(what, _told(answer)) for answer in each.outcome.answers if (what := _what(answer))}


def _what(answer: Answer) -> str:
    if not answer.proven:
        return "" if answer.undecided else "unproven"
    if not answer.lawful:
        return "too much"
    return "" if answer.named else "round"


def _told(answer: Answer) -> str:
    return f"{answer.stop}: {', '.join(answer.causes)}" if answer.causes else answer.stop

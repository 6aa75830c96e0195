"""The real hunt's outcome: tables by kind of change and of host, and each miss."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from tests.hunt.real.judge import What
from tests.hunt.real.trial import Result
from tests.machine.columns import row, share

_COLUMNS = ("cases", "broke", "verdict", "clear", "named", "no cause", "repair", "by hand", "harm", "alarm", "exit 4")
_WRONG_VERDICT = ("all-clear", "false alarm", "other kind")


class Row(msgspec.Struct):
    """The counts of one kind.  ``flows`` and ``verdicts``: flows asked about, and right verdicts on them."""

    cases: int = 0
    broke: int = 0
    flows: int = 0
    wrong: int = 0
    clear: int = 0
    named: int = 0
    judged: int = 0
    unproven: int = 0
    works: int = 0
    carried_out: int = 0
    by_hand: int = 0
    harm: int = 0
    alarm: int = 0
    exit_4: int = 0

    def add(self, each: Result) -> None:
        """Count a case."""
        what = Counter(miss.what for miss in each.misses)
        self.cases += 1
        self.flows += each.asked
        self.wrong += sum(miss.what in _WRONG_VERDICT for miss in each.misses)
        self.clear += bool(what["all-clear"] or what["whole all-clear"])
        self.exit_4 += bool(what["exit 4"] or what["disputed"])
        self.alarm += bool(what["alarm"])
        self.harm += bool(what["opened"] or what["broke"])
        if not each.broken:
            return
        self.broke += 1
        self.judged += bool(each.named)
        self.named += bool(each.named) and all(one.right for one in each.named)
        self.unproven += bool(what["no cause"])
        repair = each.repair
        if repair is not None and repair.causes:
            self.by_hand += bool(repair.by_hand) or not repair.commands
            self.carried_out += bool(repair.commands) and not repair.by_hand
            self.works += bool(repair.commands) and not repair.by_hand and repair.works

    def cells(self) -> tuple[str | int, ...]:
        """Return the counts as shown."""
        verdicts, named = share(self.flows - self.wrong, self.flows), share(self.named, self.judged)
        counts = (self.by_hand, self.harm, self.alarm, self.exit_4)
        works = share(self.works, self.carried_out)
        return (str(self.cases), str(self.broke), verdicts, self.clear, named, self.unproven, works, *counts)


def tables(results: Sequence[Result]) -> Iterator[str]:
    """Yield the tables: by kind of change, by kind of host, and the misses by group."""
    found = [each for each in results if not each.trouble]
    yield ""
    yield from _table("change", found, lambda each: " + ".join(sorted(one.kind for one in each.made)))
    yield ""
    yield from _table("host", found, lambda each: each.host)
    yield ""
    yield from _groups(results)
    yield ""


def _table(head: str, results: list[Result], key: Callable[[Result], str]) -> Iterator[str]:
    rows: dict[str, Row] = defaultdict(Row)
    whole = Row()
    for each in results:
        name = key(each)
        rows["pairs" if " + " in name and head == "change" else name].add(each)
        whole.add(each)
    yield row(head, _COLUMNS)
    worst = sorted(rows.items(), key=lambda item: item[1].named - item[1].judged - item[1].clear)
    yield from (row(name, each.cells()) for name, each in (*worst, ("all", whole)))


def told(each: Result) -> Iterator[str]:
    """Yield a line for a case, and one for each miss."""
    state = f"trouble: {each.trouble}" if each.trouble else f"{len(each.broken)} of {each.asked} broken"
    yield f"{each.number} {each.host}: {' AND '.join(map(str, each.made))}: {state} ({each.seconds:.0f} s)"
    alike: dict[tuple[What, str], list[str]] = defaultdict(list)
    for miss in each.misses:
        alike[miss.what, miss.text].append(miss.flow)
    for (what, text), flows in alike.items():
        more = f" (and {len(flows) - 1} more)" if len(flows) > 1 else ""
        yield f"    {what}: {flows[0]}{more}: {text}"


def _groups(results: Iterable[Result]) -> Iterator[str]:
    """Yield the misses grouped by what is wrong and the kind of change, the largest group first."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in results:
        kinds = " + ".join(sorted({one.kind for one in each.made}))
        for what in dict.fromkeys(miss.what for miss in each.misses):
            found[what, kinds].append(each.number)
    for (missed, kinds), numbers in sorted(found.items(), key=lambda item: -len(item[1])):
        yield f"{len(numbers):4}  {missed:14} {kinds:40} {' '.join(map(str, numbers[:6]))}"

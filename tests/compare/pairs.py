"""``python -m tests.compare.pairs --pairs N --seed S``: random pairs of snapshots of a lab host, with one to four real
changes in between (root).

In a third of the pairs one change decides flows, in a third two or three only together, in a third none.  Every change
is to be listed, none is to be invented, and the set that decides is to be exact.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import count
from random import Random

import msgspec

from hairpin.compare.comparison import Comparison, both_hosts, comparison_of
from hairpin.errors import LabError
from hairpin.evidence.reading import Evidence
from hairpin.lab.build import Lab, running_lab
from hairpin.lab.plan import ContainerPlan, LabPlan, NetworkPlan
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.compare.mutations import Expected, Mutation, deciding, neutral, together
from tests.machine.command import command
from tests.machine.hairpin import read
from tests.machine.run import tell

PLAN = LabPlan(
    containers=(ContainerPlan("web", ("8151:80",)), ContainerPlan("api", ("8152:80",), networks=("back",))),
    networks=(NetworkPlan("back"),),
)
KINDS = ("one", "together", "none")


class Pair(msgspec.Struct, frozen=True):
    """A drawn pair: the changes that decide together, and the others."""

    number: int
    kind: str
    deciding: tuple[Mutation, ...]
    others: tuple[Mutation, ...]

    @property
    def mutations(self) -> tuple[Mutation, ...]:
        """All changes, in the order in which they are made."""
        return (*self.others, *self.deciding)


class Result(msgspec.Struct, frozen=True):
    """What came of a pair: expected differences that were not listed, listed ones that nobody expected, and flows whose
    set is another one."""

    pair: Pair
    missing: tuple[str, ...] = ()
    invented: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    flows: int = 0
    trouble: str = ""
    seconds: float = 0.0

    @property
    def is_right(self) -> bool:
        """Whether everything is as it should be."""
        return not (self.missing or self.invented or self.wrong or self.trouble)


def drawn(number: int, seed: int) -> Pair:
    """Return the pair of that number."""
    random = Random(f"{seed}-{number}")  # noqa: S311 - a draw that can be repeated
    kind = KINDS[number % 3]
    n = 1000 + random.randrange(20_000)
    chosen: tuple[Mutation, ...] = ()
    if kind == "one":
        chosen = (random.choice(tuple(deciding(n))),)
    elif kind == "together":
        chosen = random.choice(tuple(together(n)))
    wanted = random.randint(1, 4) if kind == "none" else random.randint(0, max(0, 4 - len(chosen)))
    subjects = {each.subject for each in chosen}
    others = [each for each in neutral(n + 5) if each.subject not in subjects]
    return Pair(number, kind, chosen, tuple(random.sample(others, wanted)))


class Bench:
    """A lab host on which pairs are tried one after another."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def run(self, commands: tuple[str, ...]) -> None:
        """Run the commands on the host."""
        for each in commands:
            if each.startswith("docker-netns "):
                _, name, command = each.split(" ", 2)
                self._lab.node(f"container:{name}").run(command)
            else:
                self._lab.host.run(each)

    def read(self) -> Evidence:
        """Return the evidence of the host, after some traffic."""
        for port in (8151, 8152):
            self._lab.probe("client", f"198.51.100.11:{port}", timeout_s=0.2)
        return read(self._lab.host)[0]


def tried(pair: Pair, bench: Bench) -> Result:
    """Try one pair and take its changes back."""
    began = time.monotonic()
    for each in pair.mutations:
        bench.run(each.before)
    was = bench.read()
    for each in pair.mutations:
        bench.run(each.run)
    now = bench.read()
    for each in reversed(pair.mutations):
        bench.run(each.undo)
    result = judged(pair, comparison(was, now))
    return msgspec.structs.replace(result, seconds=round(time.monotonic() - began, 1))


def comparison(was: Evidence, now: Evidence) -> Comparison:
    """Return the comparison for every flow."""
    question = parse_question("check", (), None, (), World())
    return comparison_of(question, *both_hosts(was, now), (was, now))


def judged(pair: Pair, found: Comparison) -> Result:
    """Return what is wrong with the comparison of a pair."""
    missing = tuple(
        str(each)
        for mutation in pair.mutations
        for each in mutation.expected
        if not any(each.is_met(one) for one in found.differences)
    )
    allowed = tuple(each for mutation in pair.mutations for each in (*mutation.expected, *mutation.brings))
    invented = tuple(
        f"{one.part} {one.netns.name} {one.where}: {one.before} -> {one.after}"
        for one in found.differences
        if not any(each.is_met(one) for each in allowed)
    )
    wanted = {one.ref for one in found.differences if any(each.is_met(one) for each in _expected(pair.deciding))}
    wrong = tuple(
        f"{flow.after.flow.start_text()} to {flow.after.flow.target_text()} {flow.before.verdict} -> "
        f"{flow.after.verdict}: {' '.join(flow.changes)}, not {' '.join(sorted(wanted))}"
        for flow in found.flows
        if set(flow.changes) != wanted
    )
    if pair.deciding and not found.flows:
        wrong = ("no flow has a different outcome",)
    return Result(pair, missing, invented, wrong, len(found.flows))


def _expected(mutations: tuple[Mutation, ...]) -> tuple[Expected, ...]:
    return tuple(each for mutation in mutations for each in mutation.expected)


def results(pairs: int, seed: int, first: int = 0) -> Iterator[Result]:
    """Yield the results; after one that is not right the lab is built anew."""
    numbers = iter(range(first, first + pairs))
    for _ in count():
        with running_lab(PLAN) as lab:
            bench = Bench(lab)
            bench.read()
            for number in numbers:
                pair = drawn(number, seed)
                try:
                    result = tried(pair, bench)
                except LabError as error:
                    result = Result(pair, trouble=str(error)[-300:])
                yield result
                if not result.is_right or any("docker" in line for each in pair.mutations for line in each.run):
                    break
            else:
                return


def main() -> int:
    """Try the pairs; the exit status is 1 if one is wrong."""
    parser = command("tests.compare.pairs", "Compare snapshots between which a lab host was changed.", seed=1)
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--first", type=int, default=0, help="the number of the first pair")
    given = parser.parse_args()
    found = results(given.pairs, given.seed, given.first)
    return tell(found, _lines, lambda each: not each.is_right, table=_table, seed=given.seed)


def _lines(result: Result) -> Iterator[str]:
    if not result.is_right:
        names = ", ".join(each.name for each in result.pair.mutations)
        yield f"{result.pair.number} {result.pair.kind} ({names}):"
    for said in ("missing", "invented", "wrong"):
        yield from (f"    {said}: {each}" for each in getattr(result, said))
    if result.trouble:
        yield f"    trouble: {result.trouble}"


def _table(done: Sequence[Result]) -> Iterator[str]:
    listed = sum(not each.missing for each in done)
    invented = sum(bool(each.invented) for each in done)
    asked = [each for each in done if each.pair.deciding]
    exact = sum(not each.wrong and not each.trouble for each in asked)
    yield (
        f"{len(done)} pairs: all changes listed in {listed}, something invented in {invented}; the deciding set exact "
        f"in {exact} of {len(asked)}; wrong without one: "
        f"{sum(bool(each.wrong) for each in done if not each.pair.deciding)}"
    )


if __name__ == "__main__":
    sys.exit(main())

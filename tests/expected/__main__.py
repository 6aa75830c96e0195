"""``python -m tests.expected``: what ``init`` wrote, after breaks and after harmless changes, on real hosts (root)."""

import sys
from collections.abc import Callable

from hairpin.lab.scenario import Scenario, named
from tests.expected.case import breaks, healthy
from tests.expected.report import table, told
from tests.expected.trial import Result, try_break, try_harmless
from tests.machine.command import add_words, command
from tests.machine.run import beside, ended, tell

SEED = 76
"""The breaks of the default run are the same each time."""


def main() -> int:
    """Try the cases; the exit status is 1 if one is told wrongly."""
    about = "Expectations that init made of N hosts, each broken, and of 20 hosts after 22 harmless changes."
    parser = command("tests.expected", about, cases=60, seed=SEED, parallel=2, results=True)
    parser.add_argument("--hosts", type=int, default=20, metavar="N", help="how many hosts get harmless changes (20)")
    add_words(parser, "name", "these scenarios")
    arguments = parser.parse_args()
    if arguments.name:
        cases: list[tuple[Callable[[Scenario], Result], Scenario]] = [_chosen(named(each)) for each in arguments.name]
    else:
        cases = [(try_break, each) for each in breaks(arguments.cases, arguments.seed)]
        cases += [(try_harmless, each) for each in healthy(arguments.hosts)]
    found = beside(_tried, cases, arguments.parallel)
    return tell(found, told, lambda each: bool(each.misses), table=table, seed=arguments.seed, file=arguments.results)


def _chosen(scenario: Scenario) -> tuple[Callable[[Scenario], Result], Scenario]:
    return (try_harmless if scenario.healthy else try_break), scenario


def _tried(case: tuple[Callable[[Scenario], Result], Scenario]) -> Result:
    act, scenario = case
    return act(scenario)


if __name__ == "__main__":
    sys.exit(ended(main))

"""``python -m tests.score``: breaks lab hosts, asks hairpin, and holds its answers against real connections (root).

Every printed repair is carried out, twice.  Then all other flows of the host are tried, and the host is built anew with
what keeps the repair.  If a scenario has several hosts, hairpin runs on the first and reads all of them over ssh.  Then
it is asked on each host that has no cause, without reading the others.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from itertools import islice

from hairpin.cli.face.output import complain, write, write_json
from hairpin.errors import HairpinError
from tests.machine.command import command, least
from tests.machine.run import INTERRUPTED
from tests.score.event_score import score_under_events
from tests.score.fix_score import score_fixed_draws, score_fixes
from tests.score.pairs import score_pairs
from tests.score.random_faults import PAIRS, SETS, draws, of_names
from tests.score.random_score import score_random
from tests.score.scenario_score import score_scenarios
from tests.score.score import Score

NOT_CARRIED_OUT = 3
"""The exit status if there is no such scenario, or the machine lacks something that a lab needs."""


def main(words: list[str] | None = None) -> int:
    """Score what is asked for; the exit status is 0 if all is right, 1 if not."""
    arguments = _arguments(words)
    try:
        return _fixed(arguments) if arguments.fix else _scored(arguments)
    except HairpinError as error:
        complain(error.said, None)
        return NOT_CARRIED_OUT
    except KeyboardInterrupt:
        return INTERRUPTED


def _scored(arguments: argparse.Namespace) -> int:
    """Hold answers and printed repairs against real connections."""
    names, out, parallel = tuple(arguments.names), _out(arguments), arguments.parallel
    if arguments.events:
        return _ended(arguments, score_under_events(names, out, parallel=parallel))
    seed = arguments.seed
    if arguments.together or arguments.random is not None:
        labs = (of_names(names),) if arguments.together else islice(draws(seed), arguments.random)
        return _ended(arguments, score_random(labs, seed, out, parallel=parallel))
    score = score_scenarios(names, out, parallel=parallel)
    status = _ended(arguments, score)
    if arguments.pairs is None:
        return status
    return _ended(arguments, score_pairs(score.labs, arguments.pairs, seed, out, parallel=parallel)) or status


def _fixed(arguments: argparse.Namespace) -> int:
    """Let `hairpin fix` repair the scenarios, or random sets or pairs of faults, and take that back."""
    names, out = tuple(arguments.names), _out(arguments)
    carry = partial(score_fixed_draws, out=out, parallel=arguments.parallel, over_ssh=arguments.over_ssh)
    if arguments.together:
        return _ended(arguments, carry((of_names(names),)))
    if arguments.random is None and arguments.pairs is None:
        score = score_fixes(names, out, parallel=arguments.parallel, over_ssh=arguments.over_ssh)
        return _ended(arguments, score)
    seed = arguments.seed
    sizes, count = (SETS, arguments.random) if arguments.pairs is None else (PAIRS, arguments.pairs)
    return _ended(arguments, carry(islice(draws(seed, sizes), count), seed=seed))


def _out(arguments: argparse.Namespace) -> Callable[[str], object]:
    return _to_standard_error if arguments.json else write


def _to_standard_error(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _ended(arguments: argparse.Namespace, score: Score) -> int:
    """Print the score as JSON if that is asked for; return the exit status."""
    if arguments.json:
        write_json(score)
    return int(not score.perfect)


def _arguments(words: list[str] | None) -> argparse.Namespace:
    about = "Break hosts, ask hairpin, and hold its answers and repairs against real connections (root)."
    parser = command("tests.score", about, seed="fresh", parallel=2)
    parser.epilog = (
        "Exit: 0 all right, 1 not, 3 not carried out.  A line that begins with `again` has the command that"
        " repeats a lab of several faults."
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="a scenario; all if none is named")
    parser.add_argument("--random", type=least(1), metavar="N", help="N random sets of up to three faults instead")
    parser.add_argument(
        "--together", action="store_true", help="put the faults of the named scenarios together in one lab"
    )
    parser.add_argument(
        "--pairs",
        type=least(0),
        metavar="N",
        help="behind the scenarios: each pair whose repairs change one file or chain, and N random pairs",
    )
    parser.add_argument(
        "--events",
        action="store_true",
        help="only repairs with their lasting part, and the events of the host that come by themselves: one of them"
        " may undo a repair only if that is printed with it",
    )
    parser.add_argument("--fix", action="store_true", help="let `hairpin fix` repair each scenario, and take that back")
    parser.add_argument("--over-ssh", action="store_true", help="with --fix: as another host, over its own sshd")
    parser.add_argument(
        "--json", action="store_true", help="one JSON document behind the lines, which go to standard error"
    )
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())

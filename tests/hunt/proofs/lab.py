"""``python -m tests.hunt.proofs.lab``: holds the law of a proof on lab hosts with two of the
lab's faults, drawn by the seed, or on those of ``--together KIND KIND``.  It needs root."""

import sys
from collections.abc import Iterator
from itertools import islice

import msgspec

from hairpin.answer.begin import network_of
from hairpin.errors import LabError
from hairpin.lab.scenario import Scenario
from hairpin.lab.trial import break_host, running_scenario
from hairpin.network.world import World
from hairpin.question.flows import flows_for
from hairpin.question.outside import with_world
from tests.hunt.proofs.law import Broken, broken
from tests.machine.command import command
from tests.machine.hairpin import read
from tests.machine.run import tell
from tests.score.random_faults import PAIRS, Draw, draws, of_names


def judged(draw: Draw) -> tuple[Broken, ...]:
    """Return where the law does not hold of the lab host with these faults.  Raises LabError if it does not stand."""
    stage = Scenario(name=draw.name, title="", flows=(), lab=draw.plan, listeners=draw.listeners)
    with running_scenario(stage) as lab:
        for fault in draw.faults:
            break_host(lab, fault)
        evidence = read(lab.host)
    network = with_world(network_of(evidence), World(), (), ())
    return broken(network, flows_for(network, (), None))


class Held(msgspec.Struct, frozen=True):
    """A lab host, and where the law does not hold of it.  ``trouble``: why the host does not stand."""

    name: str
    found: tuple[Broken, ...] = ()
    trouble: str = ""


def main() -> int:
    """Hold the law; the exit status is 1 when it is broken somewhere."""
    about = "Hold the law of a proof on lab hosts with two faults."
    parser = command("tests.hunt.proofs.lab", about, cases=20, seed="fresh")
    parser.add_argument("--together", nargs="+", default=(), metavar="KIND", help="the faults of these kinds")
    arguments = parser.parse_args()
    drawn = islice(draws(arguments.seed, PAIRS), arguments.cases)
    chosen = [of_names(tuple(arguments.together))] if arguments.together else drawn
    return tell(map(_held, chosen), _lines, lambda each: bool(each.found), seed=arguments.seed)


def _held(draw: Draw) -> Held:
    try:
        return Held(draw.name, judged(draw))
    except LabError as error:
        return Held(draw.name, trouble=f"{error}")


def _lines(held: Held) -> Iterator[str]:
    yield held.name
    yield from (f"  broken {each}" for each in held.found)
    if held.trouble:
        yield f"  not carried through: {held.trouble}"


if __name__ == "__main__":
    sys.exit(main())

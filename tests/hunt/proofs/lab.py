"""``python -m tests.hunt.proofs.lab [--cases N] [--seed S]``: holds the law of a proof on lab hosts with two of the
lab's faults, drawn by the seed, or on those of ``--together KIND KIND``.  It needs root."""

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from secrets import randbelow

from hairpin.answer.ask import network_of
from hairpin.collect.run import LocalRunner, collect
from hairpin.errors import LabError
from hairpin.lab.node import ENVIRONMENT
from hairpin.lab.scenario import Scenario
from hairpin.lab.trial import break_host, running_scenario
from hairpin.network.world import World
from hairpin.question.flows import flows_for
from hairpin.question.outside import with_world
from tests.hunt.proofs.law import Broken, broken
from tests.score.random_faults import PAIRS, Draw, draws, of_names


def judged(draw: Draw) -> tuple[Broken, ...]:
    """Return where the law does not hold of the lab host with these faults.  Raises LabError if it does not stand."""
    stage = Scenario(name=draw.name, title="", flows=(), lab=draw.plan, listeners=draw.listeners)
    with running_scenario(stage) as lab:
        for fault in draw.faults:
            break_host(lab, fault)
        evidence = collect(LocalRunner((*lab.host.enter, "sh"), tuple(ENVIRONMENT.items())))
    network = with_world(network_of((evidence,)), World(), (), ())
    return broken(network, flows_for(network, (), None))


def main() -> int:
    """Hold the law; the exit status is 1 when it is broken somewhere."""
    parser = argparse.ArgumentParser(description="Hold the law of a proof on lab hosts with two faults.")
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--together", nargs="+", default=())
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else randbelow(1 << 32)
    chosen = (
        [of_names(tuple(arguments.together))] if arguments.together else islice(draws(seed, PAIRS), arguments.cases)
    )
    failing = sum(_reported(draw) for draw in chosen)
    sys.stdout.write(f"the law is broken on {failing} hosts; seed {seed}\n")
    return int(failing > 0)


def _reported(draw: Draw) -> bool:
    lines = tuple(_lines(draw))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
    return any(line.startswith("  broken") for line in lines)


def _lines(draw: Draw) -> Iterator[str]:
    yield draw.name
    try:
        yield from (f"  broken {each}" for each in judged(draw))
    except LabError as error:
        yield f"  not carried through: {error}"


if __name__ == "__main__":
    sys.exit(main())

"""Missed cases as regressions: the changed host as it was read, and what was true of its flows.

``python -m tests.hunt.real --number K --keep`` writes ``tests/fixtures/real/K/``: a snapshot of each host, and
``expected.json``.  Its ``first`` is empty then: write there the ids of causes that are right as the first one, and mend
the miss.  A test holds all of it.
"""

from pathlib import Path

import msgspec

from hairpin.answer.ask import ask
from hairpin.collect.snapshot import load, save
from hairpin.network.world import World
from hairpin.question.question import parse_question
from tests.hunt.real.trial import Watched

KEPT = Path(__file__).parents[2] / "fixtures" / "real"


class KeptFlow(msgspec.Struct, frozen=True, rename={"origin": "from"}):
    """A flow as hairpin is asked about it.  ``passes``: in reality.  ``first``: causes that are right as the first."""

    origin: str
    to: str
    passes: bool
    first: tuple[str, ...] = ()


class Kept(msgspec.Struct, frozen=True):
    """A case: what was done to which kind of host, and the flows that passed before."""

    host: str
    commands: tuple[str, ...]
    flows: tuple[KeptFlow, ...]


def keep(watched: Watched) -> None:
    """Write a case down."""
    folder = KEPT / str(watched.result.number)
    folder.mkdir(parents=True, exist_ok=True)
    for evidence in watched.evidence:
        save(evidence, folder / f"{evidence.name}.hairpin")
    flows = tuple(KeptFlow(*each) for each in dict.fromkeys(watched.flows))
    kept = Kept(watched.result.host, tuple(map(str, watched.result.made)), flows)
    (folder / "expected.json").write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")


def kept() -> tuple[Path, ...]:
    """Return the folders of the kept cases."""
    return tuple(sorted(each.parent for each in KEPT.glob("*/expected.json")))


def wrong(folder: Path) -> tuple[str, ...]:
    """Return what is wrong with today's answers about a kept case."""
    case = msgspec.json.decode((folder / "expected.json").read_bytes(), type=Kept)
    evidence = tuple(map(load, sorted(folder.glob("*.hairpin"))))
    found: list[str] = []
    for flow in case.flows:
        answer = ask(parse_question("check", (flow.to,), flow.origin, (), World()), evidence)
        named = [each.id for each in answer.causes if each.severity == "blocking"][:1]
        said = f"{flow.origin} to {flow.to}: {answer.flows[0].verdict}, {named}"
        passes = answer.flows[0].verdict in ("delivered", "leaves")
        if answer.questions and answer.flows[0].verdict == "depends" and flow.passes:
            continue  # earlier packets of the flow had no answer, so the user is asked
        if passes != flow.passes or (flow.first and not set(named) & set(flow.first)):
            found.append(said)
    return tuple(found)

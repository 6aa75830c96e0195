"""Compares the answers about a host's own outputs, pasted, with those about its snapshot.

``python -m tests.agreement.law [--cases N]`` builds N lab hosts of the scenarios, drawn by the seed (all without N).
In each it takes a snapshot, the output of the script of `hairpin ask`, and the outputs of what people type.
The law: the text gives the snapshot's verdict and causes, or its verdict depends on what the text lacks, or it shows
a stop behind the snapshot's own.  It never proves another cause.
The same holds if outputs are lost or damaged by chance.
"""

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import msgspec

from hairpin.answer.answer import Answer, FlowAnswer
from hairpin.answer.ask import ask
from hairpin.collect.by_hand import evidence_in
from hairpin.errors import HairpinError, LabError
from hairpin.evidence.reading import Evidence
from hairpin.lab.node import Node
from hairpin.lab.run import HAIRPIN, environment
from hairpin.lab.scenario import Flow, Scenario, scenarios_of_one_host
from hairpin.lab.trial import break_host, probe_after, running_scenario
from hairpin.network.world import World
from hairpin.pasted.asking import REQUESTS, script
from hairpin.pasted.text import evidence_in_texts
from hairpin.question.question import Question, parse_question
from tests.agreement.damage import damaged
from tests.machine.command import command
from tests.machine.run import beside, tell

_TYPED = (
    "ip addr", "ip route", "iptables -L -nv", "iptables -t nat -L -nv", "iptables-save", "nft list ruleset",
    "docker ps", "docker inspect $(docker ps -aq)", "docker network inspect $(docker network ls -q)",
    "ss -lntp", "sysctl -a", "ip rule",
)  # fmt: skip
"""The commands as people type them."""
_PROMPT = "root@srv:~# "
_DAMAGED = 4
"""The number of damaged texts of each host."""
_KEPT = 0.7
"""The share of the typed outputs that a damaged text has."""
_TIMEOUT_S = 180


class Material(msgspec.Struct, frozen=True):
    """What was taken from one host.  ``asked``: target and ``--from`` of each flow.  ``script``: the output of the
    script.  ``typed``: the typed commands with their outputs."""

    name: str
    asked: tuple[tuple[str, str, int], ...]
    snapshot: bytes
    script: str
    typed: tuple[tuple[str, str], ...]


class Row(NamedTuple):
    """A text about a host, beside its snapshot.  ``wrong``: why the law is broken; empty if it holds.  ``word``:
    ``same``, ``depends`` or ``wrong``.  ``rests``: the supposed parts on which the text's verdict rests."""

    host: str
    text: str
    flow: str
    word: str
    wrong: str = ""
    rests: tuple[str, ...] = ()


# --- what is taken from a lab host -----------------------------------------------------------------------------------


def material_of(scenario: Scenario) -> Material:
    """Build the scenario's lab, break it, and return what its host tells."""
    with running_scenario(scenario) as lab:
        break_host(lab, scenario)
        probe_after(lab, scenario)
        snapshot = _bytes(lab.host, (*HAIRPIN, "snapshot", "-o", "-"))
        answered = _words(lab.host, script(REQUESTS, inside=True))
        engine = "podman" if scenario.lab.podman and not scenario.lab.docker else "docker"
        commands = tuple(each.replace("docker", engine) for each in _TYPED)
        typed = tuple((each, _words(lab.host, f"{each} 2>&1")) for each in commands)
    asked = tuple((each.target or each.to, each.origin(), each.padding_bytes) for each in _askable(scenario))
    return Material(scenario.name, asked, snapshot, answered, typed)


def _askable(scenario: Scenario) -> Iterator[Flow]:
    return (each for each in scenario.flows if not each.options)


def _words(host: Node, command: str) -> str:
    return _bytes(host, ("sh", "-c", command)).decode("utf-8", "replace")


def _bytes(host: Node, command: tuple[str, ...]) -> bytes:
    done = subprocess.run(
        (*host.enter, *command), capture_output=True, env=environment(), check=False, timeout=_TIMEOUT_S
    )
    return done.stdout


# --- the comparison --------------------------------------------------------------------------------------------------


def rows_of(material: Material, seed: int = 1, count: int = _DAMAGED) -> Iterator[Row]:
    """Yield the rows of all texts that are made of the material."""
    snapshot = evidence_in(BytesIO(material.snapshot), source=material.name)
    drawn = random.Random(f"{seed} {material.name}")  # noqa: S311
    texts = texts_of(material, drawn, count)
    for target, origin, padding in material.asked:
        try:
            question = parse_question("check", (target,), origin, (), World(), padding or None)
            truth = ask(question, (snapshot,), depth="causes")
        except HairpinError:
            continue
        for name, text in texts.items():
            yield from (each._replace(host=material.name, text=name) for each in compared(question, truth, text))


def texts_of(material: Material, drawn: random.Random, count: int) -> dict[str, str]:
    """Return the texts that are made of the material, by their names."""
    texts = {"script": material.script, "typed": typed_text(material.typed)}
    for number in range(count):
        kept = [each for each in material.typed if drawn.random() < _KEPT]
        for kind, text, lost in (("typed", typed_text(kept), False), ("script", material.script, True)):
            made, said = damaged(text, drawn, lines_lost=lost)
            texts[f"{kind}, damaged: {number} {said}"] = made
    return texts


def typed_text(outputs: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> str:
    """Return the commands with their outputs as they stand in a terminal."""
    return "\n".join(f"{_PROMPT}{command}\n{output}" for command, output in outputs)


def compared(question: Question, truth: Answer, text: str) -> Iterator[Row]:
    """Yield a row for each flow of the question."""
    yield from compared_answers(question, truth, lambda: _evidence_in(text))


def compared_answers(question: Question, truth: Answer, read: Callable[[], Evidence]) -> Iterator[Row]:
    """Yield a row for each flow of the question.  ``read``: reads the evidence that the snapshot is compared with."""
    try:
        answer = ask(question, (read(),), depth="causes")
    except HairpinError as error:
        yield Row("", "", "", "depends", rests=(f"refused: {error}",))
        return
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError, StopIteration) as error:
        yield Row("", "", "", "wrong", f"breaks: {error!r}")
        return
    known = {each.id for each in truth.causes if each.severity == "blocking"}
    other = [
        each.id for each in answer.causes if each.severity == "blocking" and not each.likely and each.id not in known
    ]
    if other:
        yield Row(
            "", "", "", "wrong", f"proves {', '.join(other)}, the snapshot {', '.join(sorted(known)) or 'nothing'}"
        )
    flows = {_place(each): each for each in truth.flows}
    for each in answer.flows:
        of_snapshot = flows.get(_place(each))
        rests = tuple(f"{one.netns}: {one.command[:40]}" for one in each.supposed)
        if of_snapshot is None:
            yield Row("", "", _said(each), "depends" if rests else "wrong", "" if rests else "no such flow", rests)
            continue
        same = of_snapshot.trace.verdict == each.trace.verdict
        causes = {one.id for one in truth.causes if one.severity == "blocking"}
        found = {one.id for one in answer.causes}
        if same and (causes <= found or rests):
            yield Row("", "", _said(each), "same" if causes <= found else "depends", "", rests)
        elif each.anyway and not of_snapshot.trace.succeeds:
            yield Row("", "", _said(each), "same", "", rests)  # the whole host has another stop before this one
        elif rests or each.trace.verdict == "depends":
            yield Row("", "", _said(each), "depends", "", rests)
        else:
            said = f"{each.trace.verdict} {sorted(found)}, the snapshot {of_snapshot.trace.verdict} {sorted(causes)}"
            yield Row("", "", _said(each), "wrong", said)


@lru_cache(maxsize=32)
def _evidence_in(text: str) -> Evidence:
    return evidence_in_texts((text,))


def _place(each: FlowAnswer) -> tuple[str, str]:
    flow = each.trace.flow
    return flow.start_text(), f"{flow.target_text()} {flow.version}"


def _said(each: FlowAnswer) -> str:
    return " -> ".join(_place(each))


# --- the score -------------------------------------------------------------------------------------------------------


def drawn_scenarios(count: int | None, seed: int) -> tuple[Scenario, ...]:
    """Return scenarios of one host."""
    every = tuple(each for each in scenarios_of_one_host() if tuple(_askable(each)))
    drawn = random.Random(seed)  # noqa: S311
    return every if count is None or count >= len(every) else tuple(drawn.sample(every, count))


def _rows_of_scenario(scenario: Scenario, seed: int, keep: Path | None) -> list[Row]:
    path = keep / f"{scenario.name}.msgpack" if keep is not None else None
    if path is not None and path.exists():
        material = msgspec.msgpack.decode(path.read_bytes(), type=Material)
    else:
        try:
            material = material_of(scenario)
        except (LabError, subprocess.TimeoutExpired) as error:
            return [Row(scenario.name, "", "", "lab", str(error))]
        if path is not None:
            path.write_bytes(msgspec.msgpack.encode(material))
    return list(rows_of(material, seed))


def main() -> int:
    """Hold the law; return 1 if it is broken once."""
    parser = command("tests.agreement.law", "Compare answers about pasted outputs with those about snapshots.", seed=1)
    parser.add_argument("--cases", type=int, default=None, metavar="N", help="how many scenarios (all)")
    parser.add_argument("--keep", type=Path, default=None, help="folder that keeps what the hosts told")
    given = parser.parse_args()
    act = partial(_rows_of_scenario, seed=given.seed, keep=given.keep)
    found = beside(act, drawn_scenarios(given.cases, given.seed), 2)
    return tell(found, broken_lines, is_broken, table=summary, seed=given.seed)


def broken_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a line for each broken law."""
    for each in rows:
        if each.wrong:
            yield f"{each.word:6} {each.host} | {each.text} | {each.flow} | {each.wrong}"


def is_broken(rows: Sequence[Row]) -> bool:
    """Return whether the law is broken once."""
    return any(each.wrong for each in rows)


def summary(found: Sequence[Sequence[Row]]) -> Iterator[str]:
    """Yield the sums of each kind of text, and on which supposed parts the answers about the script's output rest."""
    rows = [row for each in found for row in each]
    for kind in sorted({each.text.partition(":")[0] for each in rows}):
        of_kind = [each for each in rows if each.text.partition(":")[0] == kind]
        words = Counter(each.word for each in of_kind)
        sums = ", ".join(f"{count} {word}" for word, count in words.items())
        resting = sum(not each.rests for each in of_kind)
        yield f"{kind or 'hosts'}: {len(of_kind)} flows: {sums}; rest on nothing supposed: {resting}"
    resting_on = Counter(part for row in rows if row.text == "script" for part in row.rests)
    for part, number in resting_on.most_common(15):
        yield f"  the script's answers rest {number} times on {part}"


if __name__ == "__main__":
    sys.exit(main())

"""The question: hairpin in a host of the lab, as a user types it there, or here on what was read of the host."""

import subprocess

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.collect.run import LocalRunner, collect
from hairpin.evidence.reading import Evidence
from hairpin.lab.node import Node
from hairpin.lab.run import HAIRPIN, TIMEOUT_S, environment
from hairpin.question.question import Question


def typed(
    host: Node, *words: str, stdin: str = "", program: tuple[str, ...] = HAIRPIN
) -> "subprocess.CompletedProcess[str]":
    """Run ``hairpin WORDS`` in the host, in all of its namespaces; raises TimeoutExpired."""
    return subprocess.run(
        (*host.enter, *program, *words), capture_output=True, text=True, env=environment(), timeout=TIMEOUT_S,
        check=False, input=stdin,
    )  # fmt: skip


def read(*hosts: Node) -> tuple[Evidence, ...]:
    """Return the evidence of each host."""
    variables = tuple(environment().items())
    return tuple(collect(LocalRunner((*host.enter, "sh"), variables)) for host in hosts)


def plain(evidence: tuple[Evidence, ...]) -> Answer:
    """Return the answer to the question for everything."""
    return ask(Question(), evidence)

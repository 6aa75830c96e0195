"""A real host, a question, and a real connection: the answer has to be what the connection shows."""

import subprocess
from collections.abc import Iterable, Iterator

import msgspec

from hairpin.lab.build import Lab, running_lab, split_destination
from hairpin.lab.node import ENVIRONMENT, python
from hairpin.lab.plan import LabPlan
from hairpin.lab.probe import Outcome
from hairpin.lab.topology import CLIENT, HOST
from hairpin.lab.trial import listening
from tests.machine.command import has_word
from tests.score.diagnosis import ask, blocking_causes
from tests.tables.row import Row

_CHECK_TIMEOUT_S = 300
_BUG = 4
"""The exit status if the walk and a replica disagree."""


class Ask(msgspec.Struct, frozen=True):
    """A question and its connection.  ``cause``: the first cause that has to be named, or several, one of which has to
    be, with ``|`` between them; empty: the flow passes.

    ``sport``: the source port of the real connection, 0: any.  ``padding_bytes`` lengthen its request.  ``before``:
    shell commands at places, run first.  ``target``: what hairpin is asked instead of ``to``.  ``purpose``: that of the
    judged flow; empty: the first one.  ``plain``: hairpin is asked nothing, and no blocking cause counts as passing.
    ``real``: a shell command at ``start``, which succeeds if the flow does; empty: a connection to ``to``."""

    name: str
    cause: str = ""
    to: str = f"{HOST}:8151"
    origin: str = CLIENT
    start: str = "client"
    sport: int = 0
    before: tuple[tuple[str, str], ...] = ()
    padding_bytes: int = 0
    target: str = ""
    purpose: str = ""
    plain: bool = False
    real: str = ""


class Case(msgspec.Struct, frozen=True):
    """A host, the commands that make its state, and questions about it, in order.  ``listens``: the address of the
    client at which its port 9000 answers.  ``replica``: whether a replica confirms each answer."""

    name: str
    asks: tuple[Ask, ...]
    plan: LabPlan = LabPlan()
    setup: tuple[tuple[str, str], ...] = ()
    listens: str = CLIENT
    replica: bool = True


def rows_of(cases: Iterable[Case], words: Iterable[str] = ()) -> Iterator[Row]:
    """Build the host of each case whose name has a word, bring it into its state, and yield a row for each question."""
    for case in cases:
        if not has_word(case.name, words):
            continue
        with running_lab(case.plan) as lab, listening(lab.client, 9000, address=case.listens):
            for place, command in case.setup:
                lab.node(place).run(command)
            for each in case.asks:
                for place, command in each.before:
                    lab.node(place).run(command)
                verdict, named = asked(lab, each, replica=case.replica)
                seen = _probed(lab, each)
                name = f"{case.name}: {each.name}"
                yield Row(name, verdict, named, seen == Outcome.DELIVERED, each.cause, seen)


def asked(lab: Lab, wanted: Ask, *, replica: bool) -> tuple[str, str]:
    """Return the verdict and the id of the first cause."""
    words = () if wanted.plain else (wanted.target or wanted.to, "--from", wanted.origin)
    answer = ask(lab.host, (*words, *(() if replica else ("--no-replica",))))
    report = answer.report
    if report is None or answer.status == _BUG:
        return f"{'disputed: ' if report is not None else ''}{answer.complaint[-300:]}", ""
    if wanted.plain:
        named = blocking_causes(report)
        return ("blocked", named[0].id) if named else ("delivered", "")
    flow = next((each for each in report.flows if wanted.purpose in ("", each.purpose)), None)
    if flow is None:  # the container has the name without asking
        return "delivered", ""
    blocking = {each.ref: each.id for each in blocking_causes(report)}
    return flow.verdict, next((blocking[ref] for ref in flow.causes if ref in blocking), "")


def _probed(lab: Lab, wanted: Ask) -> str:
    if wanted.real:
        argv = (*lab.node(wanted.start).enter, "sh", "-c", wanted.real)
        done = subprocess.run(argv, capture_output=True, env=ENVIRONMENT, check=False, timeout=_CHECK_TIMEOUT_S)
        return Outcome.DELIVERED if done.returncode == 0 else Outcome.TIMEOUT
    address, port, protocol = split_destination(wanted.to)
    numbers = (port, 1.5, wanted.sport or lab.source_port(), wanted.padding_bytes)
    return lab.node(wanted.start).run((*python("probe.py"), protocol, address, *map(str, numbers))).strip()

"""A real host, a question, and a real connection: the answer has to be what the connection shows."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from hairpin.lab.build import Lab, running_lab, split_destination
from hairpin.lab.node import ENVIRONMENT, python
from hairpin.lab.plan import LabPlan
from hairpin.lab.probe import Outcome
from hairpin.lab.topology import CLIENT, HOST
from hairpin.lab.trial import listening

COMMAND = Path(sys.executable).with_name("hairpin")
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


class Row(msgspec.Struct, frozen=True):
    """What came of a question."""

    name: str
    wanted: str
    verdict: str
    named: str
    outcome: str

    @property
    def right(self) -> bool:
        """Whether the verdict is what the connection shows, and the cause is the wanted one."""
        passes = self.verdict in ("delivered", "leaves")
        return passes == (self.outcome == Outcome.DELIVERED) and self.named in self.wanted.split("|")

    def line(self) -> str:
        """Return the row as text."""
        return (
            f"{'ok  ' if self.right else 'MISS'} {self.name}: {self.verdict} {self.named or '-'}, really {self.outcome}"
        )


def carried_out(case: Case) -> Iterator[Row]:
    """Build the host, bring it into its state, and yield a row for each question."""
    with running_lab(case.plan) as lab, listening(lab.client, 9000, address=case.listens):
        for place, command in case.setup:
            lab.node(place).run(command)
        for ask in case.asks:
            for place, command in ask.before:
                lab.node(place).run(command)
            verdict, named = asked(lab, ask, replica=case.replica)
            yield Row(f"{case.name}: {ask.name}", ask.cause, verdict, named, _probed(lab, ask))


def asked(lab: Lab, ask: Ask, *, replica: bool) -> tuple[str, str]:
    """Return the verdict and the id of the first cause."""
    words = () if ask.plain else (ask.target or ask.to, "--from", ask.origin)
    argv = (*lab.host.enter, str(COMMAND), "check", *words, "--json", *(() if replica else ("--no-replica",)))
    done = subprocess.run(argv, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=_CHECK_TIMEOUT_S)
    if done.returncode == _BUG:
        return f"disputed ({done.stderr.strip()[-300:]})", ""
    if not done.stdout:
        return done.stderr.strip(), ""
    answer = json.loads(done.stdout)
    ids = {each["ref"]: each["id"] for each in answer["causes"] if each["severity"] == "blocking"}
    if ask.plain:
        return "blocked" if ids else "delivered", next(iter(ids.values()), "")
    flows = [each for each in answer["flows"] if ask.purpose in ("", each["purpose"])]
    if not flows:  # the container has the name without asking
        return "delivered", ""
    named = [ids[ref] for ref in flows[0]["causes"] if ref in ids]
    return flows[0]["verdict"], named[0] if named else ""


def _probed(lab: Lab, ask: Ask) -> str:
    if ask.real:
        argv = (*lab.node(ask.start).enter, "sh", "-c", ask.real)
        done = subprocess.run(argv, capture_output=True, env=ENVIRONMENT, check=False, timeout=_CHECK_TIMEOUT_S)
        return Outcome.DELIVERED if done.returncode == 0 else Outcome.TIMEOUT
    address, port, protocol = split_destination(ask.to)
    numbers = (port, 1.5, ask.sport or lab.source_port(), ask.padding_bytes)
    return lab.node(ask.start).run((*python("probe.py"), protocol, address, *map(str, numbers))).strip()

"""A case: a host, a fault, real connections, questions as a person types them, and what a right answer names."""

import re
import tomllib
from pathlib import Path

import msgspec

from hairpin.lab.plan import LabPlan, Plan
from hairpin.lab.probe import Outcome
from hairpin.lab.topology import HOST
from tests.today.hosts import Healthy

FOLDER = Path(__file__).parent / "cases"


class Step(Plan, frozen=True):
    """A shell command at a machine: ``host``, ``host@node2``, ``router``, ``client``, ``neighbour``,
    ``container:NAME``, and on a host of ``today`` its person ``user``."""

    run: str
    at: str = "host"


class Connection(Plan, frozen=True):
    """A real connection, and its outcome on the healthy host, with the fault, and after a right repair (empty: as
    healthy)."""

    start: str = "client"
    to: str = f"{HOST}:8080"
    healthy: Outcome = Outcome.DELIVERED
    broken: Outcome = Outcome.DELIVERED
    repaired: Outcome | None = None
    padding_bytes: int = 0


class Asked(Plan, frozen=True):
    """A question, as it is typed behind ``hairpin`` on the host.

    ``names``: regular expressions.  A right answer has all of them in its first cause, or where the truth lies outside
    of the host, in an open question.  ``partly``: expressions of which one makes an answer with another first cause
    partly right, beside ``names`` anywhere."""

    typed: str
    names: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()


class Never(Plan, frozen=True):
    """A regular expression that no printed command may match, and the harm that such a command would do."""

    command: str
    harm: str


class Case(Plan, frozen=True):
    """One case.

    ``source``: the address of the report, or ``own``.  ``truth``: what stops the packet; ``confirmed``: by whom, or by
    which connection.  ``round``: the round in which hairpin met it first.  ``today``: a host of another suite with its
    own systemd, instead of ``lab``.  ``prepare``: commands on the healthy host, which the twin has, too.  ``fault``:
    none on an odd healthy host.  ``repairs``: whether a command on these hosts can repair it."""

    source: str
    truth: str
    confirmed: str
    question: tuple[Asked, ...]
    connection: tuple[Connection, ...]
    round: int
    lab: LabPlan = LabPlan()
    today: Healthy | None = None
    prepare: tuple[Step, ...] = ()
    fault: tuple[Step, ...] = ()
    never: tuple[Never, ...] = ()
    repairs: bool = True
    name: str = ""

    @property
    def is_healthy(self) -> bool:
        """Whether it is an odd host on which nothing is wrong."""
        return not self.fault


def read(path: Path) -> Case:
    """Return the case of a file.  Raises msgspec.ValidationError with the name of the wrong key, and ValueError with a
    regular expression that is none."""
    case = msgspec.convert(tomllib.loads(path.read_text()), Case)
    for each in (each for asked in case.question for each in (*asked.names, *asked.partly)):
        try:
            re.compile(each, re.IGNORECASE)
        except re.error as error:
            raise ValueError(f"{path.name}: {each!r} is no regular expression: {error}") from error
    return msgspec.structs.replace(case, name=path.stem)


def cases(words: tuple[str, ...] = (), round_: int | None = None) -> tuple[Case, ...]:
    """Return the cases in the order of their names: those with one of the words in the name, of one round."""
    found = (read(path) for path in sorted(FOLDER.glob("*.toml")))
    return tuple(
        each
        for each in found
        if (not words or any(word in each.name for word in words)) and round_ in (None, each.round)
    )

"""A scenario: a lab, the fault that breaks it, and the truth about the broken lab, as one small file of data.

A file in ``scenarios/`` is named after the cause that it shows, with a suffix if a cause has several files.  Files that
begin with ``healthy-`` show no cause.  The fault is a command that an administrator or a tool might run.
``scenarios/hosts/`` holds the scenarios of several hosts.
"""

import functools
import re
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from hairpin.errors import LabError
from hairpin.lab import topology
from hairpin.lab.plan import LabPlan, Plan
from hairpin.lab.probe import Outcome
from hairpin.message import message

FOLDER = Path(__file__).parent / "scenarios"
HOSTS_FOLDER = FOLDER / "hosts"


Causes = tuple[tuple[str, ...], ...]
"""The causes that hairpin must name.  An entry is the id of one cause, or the ids of several causes that are equally
right (the best one first).  For each entry, hairpin must name one of its causes."""


class Command(Plan, frozen=True):
    """A shell command that runs on a machine of the lab.  ``host@NAME`` chooses one of several hosts."""

    run: str
    at: Literal["host", "host@node1", "host@node2", "host@node3", "router", "client", "neighbour"] = "host"


class Flow(Plan, frozen=True):
    """One connection, the question to hairpin about it, and the connection's outcome before and after the fault.

    ``start``, ``to``, ``padding_bytes`` and ``source_port`` (0: any) are arguments of ``Lab.probe``.  ``target``: the
    TARGET of ``hairpin check``, if it differs from ``to``.  ``asked_from``: the value of ``--from``, if hairpin cannot
    derive it from ``start``.  ``options``: additional arguments of ``hairpin check``.
    """

    target: str = ""
    start: str = "client"
    to: str = f"{topology.HOST}:8151"
    asked_from: str = ""
    padding_bytes: int = 0
    source_port: int = 0
    options: tuple[str, ...] = ()
    before: Outcome = Outcome.DELIVERED
    after: Outcome = Outcome.DELIVERED

    def __str__(self) -> str:
        return f"{self.start} → {self.to}"

    def origin(self) -> str:
        """Return the value of ``--from`` for the place at which the real connection starts."""
        if self.asked_from:
            return self.asked_from
        over_v6 = self.to.startswith("[")
        plain = {"client": topology.CLIENT_V6 if over_v6 else topology.CLIENT, "neighbour": "lan"}
        return plain.get(self.start, self.start)

    def arguments(self, target: str = "") -> tuple[str, ...]:
        """Return the arguments of ``hairpin check`` about the flow.  ``target`` replaces the flow's own target."""
        return (
            target or self.target or self.to,
            "--from",
            self.origin(),
            *size_option(self.padding_bytes),
            *self.options,
        )


def size_option(padding_bytes: int) -> tuple[str, ...]:
    """Return the option ``--size`` for a request with padding; no option for a request without padding."""
    return ("--size", str(padding_bytes)) if padding_bytes else ()


class Scenario(Plan, frozen=True):
    """The content of one scenario file, and the scenario's name.

    ``causes``: the true causes of the failing flows; empty for a healthy host.  ``listeners`` are TCP ports on which
    the client answers, for flows that start in containers.  ``everything``: whether hairpin must also call a healthy
    host healthy if it is asked without a target.

    If the lab has several hosts, a cause is ``ID@HOST``.  ``repair`` are the commands with which an administrator would
    repair the host; after these commands, each flow has its outcome from before the fault.  ``outside`` is the text of
    a file for ``--outside``: facts that no host shows.
    """

    title: str
    flows: tuple[Flow, ...]
    name: str = ""
    lab: LabPlan = LabPlan()
    fault: tuple[Command, ...] = ()
    repair: tuple[Command, ...] = ()
    causes: Causes = ()
    outside: str = ""
    listeners: tuple[int, ...] = ()
    everything: bool = True

    @property
    def healthy(self) -> bool:
        return not self.causes

    @property
    def several_hosts(self) -> bool:
        """Whether the lab has several hosts.  In a scenario of several hosts, a cause is ``ID@HOST``."""
        return bool(self.lab.hosts)

    @property
    def accused(self) -> frozenset[str]:
        """The names of the hosts that have the causes which count as right."""
        return frozenset(named.partition("@")[2] for alternatives in self.causes for named in alternatives)


def all_scenarios() -> tuple[Scenario, ...]:
    """Return every scenario: first the scenarios of one host, then the scenarios of several hosts."""
    return (*scenarios_of_one_host(), *scenarios_of_several_hosts())


@functools.cache
def scenarios_of_one_host() -> tuple[Scenario, ...]:
    """Return every scenario of one host, sorted by name.  The scenarios of healthy hosts come last."""
    return _in_folder(FOLDER)


@functools.cache
def scenarios_of_several_hosts() -> tuple[Scenario, ...]:
    """Return every scenario of two or three hosts, sorted by name.  The scenarios of healthy hosts come last."""
    return _in_folder(HOSTS_FOLDER)


def _in_folder(folder: Path) -> tuple[Scenario, ...]:
    found = tuple(read(path) for path in folder.glob("*.toml"))
    return tuple(sorted(found, key=lambda scenario: (scenario.healthy, scenario.name)))


def named(name: str) -> Scenario:
    """Return the scenario with the name.  If there is no such scenario, raise LabError, which lists similar names."""
    for scenario in all_scenarios():
        if scenario.name == name:
            return scenario
    alike = [
        scenario.name
        for scenario in all_scenarios()
        if any(part in scenario.name for part in re.split(r"[-.]", name) if part)
    ]
    raise LabError(
        message(
            "no scenario {name!r} exists; `hairpin lab list` shows all scenarios. Similar names: {alike}"
            if alike
            else "no scenario {name!r} exists; `hairpin lab list` shows all scenarios",
            name=name,
            alike=", ".join(alike),
        )
    )


def read(path: Path) -> Scenario:
    """Return the scenario in a file.  If the file is wrong, raise LabError with the place of the error in the file."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        scenario = msgspec.convert(document, Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise LabError(message("{path}: {reason}", path=path, reason=error)) from error
    return msgspec.structs.replace(scenario, name=path.stem)

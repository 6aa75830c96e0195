"""One case of the real hunt, drawn from its number: the kind of host, and one command or two."""

import re
from collections.abc import Callable, Iterator, Mapping
from random import Random

import msgspec

from hairpin.errors import LabError
from hairpin.lab.build import Lab
from hairpin.lab.plan import LabPlan
from tests.hunt.real.draws import entries, links, programs, rules, values
from tests.hunt.real.flows import Boxes
from tests.hunt.real.hosts import HOSTS
from tests.hunt.real.place import Place
from tests.score.all_flows import Way

DRAWS: Mapping[str, Callable[[Place], str]] = {
    **entries.DRAWS,
    **rules.DRAWS,
    **values.DRAWS,
    **links.DRAWS,
    **programs.DRAWS,
}
"""Every kind of change."""
_OFTEN = ("rule deleted", "rule inserted", "rule altered", "policy set", "container made anew", "process")
_SELDOM = (
    "connection tracking", "neighbour entry deleted", "neighbours flushed", "link down and up", "link flag",
    "sysctl of a link, IPv6", "forwarding entry deleted", "route deleted", "local route deleted", "address added",
    "bridge option", "ip rule and table added", "rule moved", "table flushed",
)  # fmt: skip
"""Kinds that seldom break a flow."""
_CHOICE = tuple(kind for kind in DRAWS for _ in range(1 if kind in _SELDOM else 6 if kind in _OFTEN else 3))
_TRIES = 40
_SEVERAL = re.compile(r"(?:&&|;) (?:ip|docker|podman) ")
_OF_THE_HOST = 0.7


class Mutation(msgspec.Struct, frozen=True):
    """A change that was made: its kind, where, and the command.  ``container``: the one container that it is about."""

    kind: str
    place: str
    command: str
    container: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.command}"


class Case(msgspec.Struct, frozen=True):
    """The number's host and how many changes it gets.  ``kinds``: the kinds of changes, a frequent one several
    times."""

    number: int
    host: str
    changes: int
    random: Random
    kinds: tuple[str, ...] = _CHOICE

    @property
    def plan(self) -> LabPlan:
        """The lab."""
        return HOSTS[self.host]()


def case_of(number: int, *, pairs: float = 0.0, hosts: tuple[str, ...] = (), kinds: tuple[str, ...] = ()) -> Case:
    """Return the case of that number.  ``pairs``: the share of cases with two changes; ``hosts``: only these kinds of
    hosts; ``kinds``: only these kinds of changes."""
    random = Random(f"real hunt {number}")  # noqa: S311
    host = random.choice(hosts or tuple(HOSTS))
    return Case(number, host, 2 if random.random() < pairs else 1, random, kinds or _CHOICE)


def change(case: Case, lab: Lab, known: Boxes, passing: tuple[Way, ...]) -> tuple[Mutation, ...]:
    """Make the case's changes in the lab, and return them; fewer if nothing that was drawn could be made."""
    made: list[Mutation] = []
    for _ in range(case.changes):
        for mutation, place in _drawn(case, lab, known, passing):
            try:
                place.node.run(mutation.command, timeout_s=120)
            except LabError:
                if mutation.kind not in programs.MADE_THOUGH_REFUSED:
                    if _SEVERAL.search(mutation.command):
                        raise  # a part of it may have been made
                    continue
            made.append(mutation)
            break
    return tuple(made)


def _drawn(case: Case, lab: Lab, known: Boxes, passing: tuple[Way, ...]) -> Iterator[tuple[Mutation, Place]]:
    random = case.random
    several = len(lab.hosts) > 1
    for _ in range(_TRIES):
        kind = random.choice(case.kinds)
        names = [f"host@{host.name}" if several else "host" for host in lab.hosts]
        if kind not in programs.OF_HOST and random.random() > _OF_THE_HOST:
            names = list(known) or names
        place = Place(random, lab, case.plan, random.choice(names), known, passing)
        command = DRAWS[kind](place)
        if command:
            yield Mutation(kind, place.name, command, programs.container_meant(place, kind, command)), place

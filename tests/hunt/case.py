"""One case of the hunt: a base, and one random change of it; from its number, or as it was kept."""

from collections.abc import Iterator
from random import Random

import msgspec

from hairpin.change.change import AddEntry, Change, Entry
from hairpin.change.expect import entry_key
from hairpin.change.simulation.entries import check_gateways, route_slot
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import PolicyRule, Route
from hairpin.network.network import Network
from tests.hunt.bases import Base, base, drawn
from tests.hunt.draws import entries, links, programs, rules
from tests.hunt.draws.draw import Draw, Subject

DRAWS: dict[str, Draw] = {**rules.DRAWS, **entries.DRAWS, **links.DRAWS, **programs.DRAWS}
"""Every kind of change."""
_BASES, _SUBJECTS = 12, 5
_OF_THE_HOST = 0.65


class Case(msgspec.Struct, frozen=True):
    """A change of a base, and its kind."""

    base: str
    kind: str
    change: Change


def case_of(number: int, *, generated: bool = True) -> Case | None:
    """Return the case of that number; None if no base of those that were tried has such a part."""
    random = Random(f"hunt {number}")  # noqa: S311
    kind = random.choice(tuple(DRAWS))
    for _ in range(_BASES):
        found = base(drawn(random, number, generated=generated))
        if found is None:
            continue
        for change in changes(random, found, kind):
            return Case(found.name, kind, change)
    return None


def changes(random: Random, found: Base, kind: str) -> Iterator[Change]:
    """Yield random changes of that kind that fit the base."""
    namespaces = tuple(found.network.namespaces())
    for _ in range(_SUBJECTS):
        own = [each for each in namespaces if each[0].is_host] if random.random() < _OF_THE_HOST else namespaces
        netns, namespace = random.choice(own or namespaces)
        subject = Subject(random, found.network, netns, namespace, random.choice(found.flows))
        for change in DRAWS[kind](subject):
            if fits(change, found.network):
                yield change


def fits(change: Change, network: Network) -> bool:
    """Return whether the kernel would make the change, and whether it changes anything."""
    after = network
    try:
        for part in change.parts:
            if isinstance(part, AddEntry) and _is_there(part.entry, after.namespace(part.netns)):
                return False
            after = simulate(Change((part,)), after)
    except ChangeError:
        return False
    return after != network


def _is_there(entry: Entry, namespace: Namespace) -> bool:
    """Return whether the kernel says "File exists"; raise ChangeError for a gateway that it refuses."""
    match entry:
        case Route():
            check_gateways(namespace, entry)
            return route_slot(entry) in map(route_slot, namespace.routes)
        case Address():
            return entry_key(entry) in map(entry_key, namespace.addresses)
        case PolicyRule():
            return entry in namespace.rules
        case _:
            return False

"""Finds the containers of a network that are alike, and with them the flows that are alike.

Two containers are alike if the forms of their readings are equal, and if each own value of one container is in the same
cell as the corresponding value of the other container.  If their own values are exchanged, the network then stays the
same.  Only rules may have another order, and a packet satisfies at most one of these rules.  A walk reads nothing but
the network.  So if this exchange turns one flow into another, both flows have the same walk, apart from the exchanged
values.

In every other case, containers are taken to be different: if a reading names two containers, if the meaning of a value
is not known, or if a match computes with a value.  A container that is taken to be different is a kind of its own
(docs/adr/0039).
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping

import msgspec

from hairpin.door import CLOSED
from hairpin.field import Role
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.kept import kept
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.kinds.forms import form_of, note
from hairpin.network.kinds.literals import Cell, Literals
from hairpin.network.kinds.own_values import NOTHING_OWN, Own, Owner, OwnValues, owners_of
from hairpin.network.kinds.readings import readings_of
from hairpin.network.network import Network
from hairpin.network.prefix import address_text

_TO_THE_OUTSIDE = ("egress", "dns")
_NAMES: tuple[Role, ...] = ("netns", "link")
_FEWEST = 3
"""The smallest number of containers for which kinds are computed; with fewer containers this saves no time."""


class Kinds:
    """The kinds of a network that have at least two containers."""

    def __init__(
        self, members: Mapping[int, tuple[int, Owner]], literals: Literals, spaces: frozenset[str] = frozenset()
    ) -> None:
        self._members = members
        self._literals = literals
        self._spaces = spaces
        self._of_flows: dict[Flow, Hashable | None] = {}
        self._named = {(each.host.name, each.container.name): n for n, (_, each) in members.items()}
        self._by_address = {
            value: n for n, (_, each) in members.items() for value in each.values.get("address", NOTHING_OWN)
        }

    @property
    def members(self) -> Mapping[int, tuple[int, Owner]]:
        """For each container's number, its kind's number and the container."""
        return self._members

    def firsts(self, host: Host) -> tuple[Container, ...]:
        """Return the host's containers, except each container that is alike to an earlier container."""
        kind_of = {(each.host.name, each.container.id): kind for kind, each in self._members.values()}
        kinds = ((kind_of.get((host.name, each.id), each.id), each) for each in host.containers())
        found: dict[int | str, Container] = {}
        for kind, each in kinds:
            found.setdefault(kind, each)
        return tuple(found.values())

    def of_flow(self, flow: Flow, this: str) -> Hashable | None:
        """Return a key that all alike flows have in common; None if no other flow is alike.

        ``this`` is the label of the network's first host."""
        if flow not in self._of_flows:
            self._of_flows[flow] = self._of_flow(flow, this)
        return self._of_flows[flow]

    def _of_flow(self, flow: Flow, this: str) -> Hashable | None:
        number = self._owner_of(flow, this)
        sport = self._literals.port_cell(flow.sport) if number is not None else None
        if number is None or sport is None:
            return None
        kind, owner = self._members[number]
        daddr = self._literals.address_cell(flow.daddr) if self._may_be_free(flow) else None
        if daddr is not None:
            flow = msgspec.structs.replace(flow, daddr=0)
        if isinstance(flow.start, FromContainer) and self._is_gone(flow.start.netns):
            flow = msgspec.structs.replace(flow, start=FromContainer(flow.start.name, Netns("")))
        other = self._other(flow, number)
        if other is None:
            return kind, sport, daddr, form_of(flow, owner.values)
        return kind, other[0], sport, daddr, form_of(flow, _of_both(owner.values, other[1].values))

    def _other(self, flow: Flow, number: int) -> tuple[int, Owner] | None:
        """Return the kind and the container to which the flow leads, if that is another container than ``number``; else
        None.

        Any two containers of the two kinds can replace the flow's two containers."""
        found = self._by_address.get(flow.daddr)
        if found is None:
            found = self._named.get((flow.asked_host or flow.host, flow.container or ""))
        return self._members[found] if found is not None and found != number else None

    def _may_be_free(self, flow: Flow) -> bool:
        """Return whether the flow may lead to an address that no namespace has, such as the address of a stopped
        container."""
        return flow.purpose not in _TO_THE_OUTSIDE

    def words_of(self, flow: Flow, this: str) -> frozenset[str]:
        """Return the words that may differ between the flow and alike flows: the own values of the flow's containers as
        texts, the flow's source ports, and its destination if no namespace needs to have it."""
        values = [each.values for each in self.owners(flow, this)]
        return frozenset(
            (
                str(flow.sport),
                str(flow.sport + 1),
                *((address_text(flow.daddr, flow.version),) if self._may_be_free(flow) else ()),
                *(text for held in values for role in held for value in held[role] for text in _texts(role, value)),
            )
        )

    def owners(self, flow: Flow, this: str) -> tuple[Owner, ...]:
        """Return the flow's containers whose kinds have other members: the container in which the flow starts, and the
        container to which it leads."""
        number = self._owner_of(flow, this)
        if number is None:
            return ()
        other = self._other(flow, number)
        return (self._members[number][1], *((other[1],) if other is not None else ()))

    def text_with_places(self, value: msgspec.Struct, flow: Flow, this: str) -> str:
        """Return the text of the fields of a value that a walk reads.  In this text, each own value of the flow's
        containers is replaced by the own value's place."""
        text = repr(form_of(value, NOTHING_OWN))
        places: dict[str, str] = {}
        for owner in self.owners(flow, this):
            for role, held in owner.values.items():
                for each, own in held.items():
                    places |= dict.fromkeys(_texts(role, each), f"<{len(places)} {role} {own.number}>")
        here = sorted((each for each in places if each in text), key=len, reverse=True)
        words = "|".join(map(re.escape, here))
        return re.sub(rf"(?<![\w-])(?:{words})(?![\w-])", lambda found: places[found[0]], text) if words else text

    def exchanged_names(self, one: Flow, other: Flow, this: str) -> Mapping[str, str]:
        """Return the exchange of names that turns one flow into the other, alike flow.  The exchange maps each name of
        a namespace or link of the flow's containers to the name that replaces it."""
        of_one, of_other = (dict(self._names_of(each, this)) for each in (one, other))
        taken = {value: of_other[place] for place, value in of_one.items() if place in of_other}
        back = {new: old for old, new in taken.items()}
        for name in back.keys() - taken.keys():
            first = name
            while first in back:
                first = back[first]
            taken[name] = first
        return taken

    def _names_of(self, flow: Flow, this: str) -> Iterator[tuple[tuple[int, Own], str]]:
        for number, owner in enumerate(self.owners(flow, this)):
            for role in _NAMES:
                for value, place in owner.values.get(role, {}).items():
                    yield (number, place), str(value)

    def _is_gone(self, netns: Netns) -> bool:
        """Return whether no namespace has this name and no reading contains it."""
        return netns.name not in self._spaces and not self._literals.is_named(netns.name)

    def _owner_of(self, flow: Flow, this: str) -> int | None:
        start = flow.start
        found = self._named.get((start.netns.host, start.name)) if isinstance(start, FromContainer) else None
        if found is None:
            found = self._named.get((flow.asked_host or flow.host or this, flow.container or ""))
        return found if found is not None else self._by_address.get(flow.daddr)


def _texts(role: Role, value: int | str) -> Iterator[str]:
    """Yield the texts by which a message or a change may name the value.  No message or change names a link or a
    namespace by its number."""
    if isinstance(value, str):
        yield value
    elif role in ("address", "mac", "port"):
        yield str(value)
        if role != "port":
            yield write_mac(value) if role == "mac" else address_text(value, 6 if value >> 32 else 4)


_TOLD_BY_FLOWS: tuple[Role, ...] = ("address", "port", "name")


def _of_both(own: OwnValues, others: OwnValues) -> OwnValues:
    """Return the own values ``own`` of a flow's container, and the values in ``others`` that a flow may contain."""
    both: dict[Role, dict[int | str, Own]] = {}
    for role in _TOLD_BY_FLOWS:
        of_other = {value: Own(role, each.number, of_other=True) for value, each in others.get(role, {}).items()}
        both[role] = {**of_other, **own.get(role, {})}
    return {**own, **both}


_NOTHING_ALIKE = Kinds({}, Literals())


@kept
def kinds_of(network: Network) -> Kinds:
    """Return the kinds of containers in the network; the kinds are cached with the network."""
    owners = owners_of(network)
    if len(owners) < _FEWEST or any(each.door is not CLOSED for _, each in network.namespaces()):
        return _NOTHING_ALIKE
    literals = Literals()
    found = readings_of(network.hosts, owners, literals)
    note(network.world, NOTHING_OWN, literals)
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for number, each in enumerate(found):
        alike[each.owner.host.name, tuple(each.forms)].append(number)
    for first, *_ in alike.values():
        found[first].note(literals)
    for owner in owners:
        for role, claimed in literals.claimed.items():
            claimed.update(owner.values.get(role, ()))
    literals.settle()
    if literals.unknown:
        return _NOTHING_ALIKE
    kinds = _by_cells(alike, owners, literals)
    spaces = frozenset(netns.name for netns, _ in network.namespaces())
    return Kinds({n: (kind, owners[n]) for kind, numbers in enumerate(kinds) for n in numbers}, literals, spaces)


def _by_cells(alike: Mapping[Hashable, list[int]], owners: tuple[Owner, ...], literals: Literals) -> list[list[int]]:
    """Return the numbers of the containers of each kind that has at least two containers."""
    found: list[list[int]] = []
    for numbers in alike.values():
        same: dict[Hashable, list[int]] = defaultdict(list)
        for number in numbers if len(numbers) > 1 else ():
            same[_cells(owners[number], literals)].append(number)
        found += (each for each in same.values() if len(each) > 1)
    return found


def _cells(owner: Owner, literals: Literals) -> tuple[tuple[Own, Cell], ...]:
    return tuple((own, literals.cell(own, value)) for values in owner.values.values() for value, own in values.items())

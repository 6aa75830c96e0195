"""What a draw is: one change of a part that a host really has, or a plausible addition to it."""

from collections.abc import Callable, Iterator
from random import Random
from typing import TypeVar

import msgspec

from hairpin.change.change import Change
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import Version

T = TypeVar("T")


class Subject(msgspec.Struct, frozen=True):
    """What a change is drawn from: the network, one of its namespaces, and a flow that passes there."""

    random: Random
    network: Network
    netns: Netns
    namespace: Namespace
    flow: Flow

    def pick(self, choices: "tuple[T, ...] | list[T]") -> T | None:
        """Return one of them, None if there is none."""
        return self.random.choice(choices) if choices else None

    def chance(self, probability: float) -> bool:
        """Return True that often."""
        return self.random.random() < probability

    @property
    def client(self) -> int | None:
        """The address of the flow's sender, if the flow names it."""
        start = self.flow.start
        match start:
            case Outside(address=address) | Lan(address=address) | FromHost(address=address):
                return address
            case FromContainer(netns=netns):
                known = self.network.namespace(netns).addresses if netns in self.network else ()
                own = (each.value for each in known if each.version == self.flow.version and each.link != "lo")
                return next(own, None)

    def addresses(self, version: Version) -> tuple[int, ...]:
        """Return addresses that flows of this network may have: the flow's two ends, then those of all namespaces."""
        ends = (self.flow.daddr, self.client) if self.flow.version == version else ()
        held = (
            each.value
            for _, namespace in self.network.namespaces()
            for each in namespace.addresses
            if each.version == version and each.link != "lo" and each.scope == "global"
        )
        return tuple(dict.fromkeys(each for each in (*ends, *held) if each is not None))


Draw = Callable[[Subject], Iterator[Change]]
"""Yields the change; nothing where the namespace lacks the part."""

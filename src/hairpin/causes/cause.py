"""What a cause is: it looks at where a walk stopped and proposes the change that would remove it."""

from collections.abc import Callable, Iterator
from functools import cached_property

import msgspec

from hairpin.causes.order import Class
from hairpin.change.change import Change
from hairpin.engines.missing import Missing, missing
from hairpin.host.docker import Container, Engine
from hairpin.host.host import Namespace
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.network.flow import Flow
from hairpin.network.network import HOST, Network
from hairpin.walk.state import Reason, RuleDecided, Stop
from hairpin.walk.walk import Branch


class View(msgspec.Struct, frozen=True, dict=True):
    """What a cause looks at: the network, the flow, the failing branch and its stop."""

    network: Network
    flow: Flow
    branch: Branch
    stop: Stop

    @property
    def namespace(self) -> Namespace:
        """The namespace that the packet stopped in."""
        return self.network.namespace(self.stop.netns)

    @property
    def host(self) -> Namespace:
        """The host's namespace."""
        return self.network.namespace(HOST)

    @cached_property
    def missing_rules(self) -> tuple[tuple[Engine, Missing], ...]:
        """What each Docker engine lacks of its rules on the host.

        Ten causes ask for it at each stop, and on a host of 50,000 rules each answer costs a tenth of a second.
        """
        version = self.network.host.version("iptables")
        engines = (each for each in self.network.host.engines if each.kind == "docker")
        return tuple((each, missing(each, self.host, version)) for each in engines)

    @property
    def on_host(self) -> bool:
        """Whether the packet stopped in the host's namespace."""
        return self.stop.netns == HOST

    @property
    def in_reply(self) -> bool:
        """Whether it was the answer that stopped."""
        return self.branch.verdict == "unanswered" and bool(self.branch.reply)

    @property
    def place(self) -> Place | None:
        """The rule or policy that stopped the packet, or None."""
        decided = self.stop.decided_by
        return decided.place if isinstance(decided, RuleDecided) else None

    @property
    def container(self) -> Container | None:
        """The container whose namespace the packet stopped in, or None."""
        return self.network.container_of(self.stop.netns)


class Candidate(msgspec.Struct, frozen=True):
    """A suspicion: were this ``change`` made, the packet would go on.

    ``where`` is exact (``sysctl``, ``file``, ``table``, ``chain``, ``rule`` …).  ``in_class`` decides which of several
    candidates is tried first (:mod:`hairpin.causes.order`).  ``side_effects``: what else the change does.
    """

    title: Message
    detail: Message
    change: Change
    where: tuple[tuple[str, str], ...]
    in_class: Class
    evidence: tuple[str, ...] = ()
    side_effects: tuple[Message, ...] = ()
    advice: tuple[Message, ...] = ()


class Cause(msgspec.Struct, frozen=True):
    """One entry of the catalogue.  ``reasons``: the kinds of stop that it looks at."""

    id: str
    title: str
    source: str
    reasons: frozenset[Reason]
    find: Callable[[View], Iterator[Candidate]]


def where(**places: object) -> tuple[tuple[str, str], ...]:
    """Return the ``where`` of a candidate; places without a value are left out."""
    return tuple((key, str(value)) for key, value in places.items() if value is not None)


def rule_where(place: Place) -> tuple[tuple[str, str], ...]:
    """Return where a rule stands."""
    return where(
        tool="nft" if place.dialect == "nft" else place.dialect,
        family=place.family,
        table=place.table,
        chain=place.chain,
        number=place.number or None,
        handle=place.handle,
        rule=place.text,
    )

"""The network after those parts of an event that were simulated so far, and the conditions under which it is right."""

from collections.abc import Iterable

import msgspec

from hairpin.change.change import Change, Primitive
from hairpin.change.simulation.simulate import simulate
from hairpin.host.host import Host, Namespace
from hairpin.message import Message, message
from hairpin.network.network import Network


class Rival(msgspec.Struct, frozen=True):
    """The network that results if something that the course assumes does not happen.

    ``assumed``: what the course assumes, as a sentence that may be true or false, such as the start order of two units
    that no unit file orders."""

    network: Network
    assumed: Message


class Course(msgspec.Struct, frozen=True):
    """The network after an event's primitives.  ``label``: the label of the host on which the event happens.

    ``conditions``: the facts that cannot be foreseen, each as a sentence that may be true or false.  ``failures``: the
    programs that do not start or do not do their work.  ``missing``: the keys of the readings that the host lacks."""

    network: Network
    label: str
    parts: tuple[Primitive, ...] = ()
    conditions: tuple[Message, ...] = ()
    failures: tuple[Message, ...] = ()
    missing: tuple[str, ...] = ()
    cuts_all: bool = False
    """Whether every connection of the host ends, even if its flow still passes."""
    rivals: tuple[Rival, ...] = ()

    @property
    def host(self) -> Host:
        """The host after the event's parts that were carried out so far."""
        return self.network.host(self.label)

    @property
    def namespace(self) -> Namespace:
        """The host's own namespace after the event's parts that were carried out so far."""
        return self.host.namespace(self.host.netns.name)

    def made(self, *parts: Primitive) -> "Course":
        """Return the course with these primitives carried out on the network.

        Raise ChangeError if a primitive does not fit the network."""
        network = simulate(Change(parts), self.network)
        return msgspec.structs.replace(self, network=network, parts=(*self.parts, *parts))

    def with_host(self, host: Host) -> "Course":
        """Return the course with this host, for a change that no primitive expresses."""
        return msgspec.structs.replace(self, network=self.network.with_host(host))

    def provided(self, *conditions: Message) -> "Course":
        """Return the course with these conditions added."""
        return msgspec.structs.replace(self, conditions=tuple(dict.fromkeys((*self.conditions, *conditions))))

    def failing(self, *failures: Message) -> "Course":
        """Return the course with these failures added."""
        return msgspec.structs.replace(self, failures=(*self.failures, *failures))

    def lacking(self, keys: Iterable[str]) -> "Course":
        """Return the course with these missing readings added.  For each missing reading, a condition is added: the
        missing reading changes nothing."""
        missing = tuple(dict.fromkeys((*self.missing, *keys)))
        said = (message("the reading {key}, which this host lacks, changes nothing", key=each) for each in missing)
        return msgspec.structs.replace(self.provided(*said), missing=missing)

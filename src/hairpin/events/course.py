"""The network after the parts of an event so far, and the conditions that cannot be foreseen."""

from collections.abc import Iterable

import msgspec

from hairpin.change.change import Change, Primitive
from hairpin.change.simulation.simulate import simulate
from hairpin.host.host import Host, Namespace
from hairpin.message import Message, message
from hairpin.network.network import Network


class Rival(msgspec.Struct, frozen=True):
    """The network if two units start in the other order than the course assumes.  No unit orders them.  ``order``: the
    course's order, as a sentence that is true or not."""

    network: Network
    order: Message


class Course(msgspec.Struct, frozen=True):
    """The network after the primitives of an event on the host of this label.

    ``conditions``: what cannot be foreseen, each a sentence that is true or not.  ``failures``: what does not start.
    ``missing``: the readings that the host lacks, by their keys."""

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
        """The host after the event so far."""
        return self.network.host(self.label)

    @property
    def namespace(self) -> Namespace:
        """The host's own namespace after the event so far."""
        return self.host.namespace(self.host.netns.name)

    def made(self, *parts: Primitive) -> "Course":
        """Return the course after these primitives as well; raise ChangeError if one does not fit the network."""
        network = simulate(Change(parts), self.network)
        return msgspec.structs.replace(self, network=network, parts=(*self.parts, *parts))

    def with_host(self, host: Host) -> "Course":
        """Return the course with this host, for a change that no primitive expresses."""
        return msgspec.structs.replace(self, network=self.network.with_host(host))

    def provided(self, *conditions: Message) -> "Course":
        """Return the course with these conditions added."""
        return msgspec.structs.replace(self, conditions=tuple(dict.fromkeys((*self.conditions, *conditions))))

    def failing(self, *failures: Message) -> "Course":
        """Return the course with these failures added: what does not start."""
        return msgspec.structs.replace(self, failures=(*self.failures, *failures))

    def lacking(self, keys: Iterable[str]) -> "Course":
        """Return the course with these missing readings added, and for each the condition that it changes nothing."""
        missing = tuple(dict.fromkeys((*self.missing, *keys)))
        said = (message("the reading {key}, which this host lacks, changes nothing", key=each) for each in missing)
        return msgspec.structs.replace(self.provided(*said), missing=missing)

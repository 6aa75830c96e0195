"""What an event has done so far: the network then, and what nobody can foresee."""

from collections.abc import Iterable

import msgspec

from hairpin.change.change import Change, Primitive
from hairpin.change.simulation.simulate import simulate
from hairpin.host.host import Host, Namespace
from hairpin.message import Message, message
from hairpin.network.network import Network


class Rival(msgspec.Struct, frozen=True):
    """What the event leaves if two units start the other way round than the course says, which nothing forbids.
    ``order``: the course's own order, a sentence that holds or does not."""

    network: Network
    order: Message


class Course(msgspec.Struct, frozen=True):
    """The network after the parts that an event has made on the host of this label.

    ``conditions``: what cannot be foreseen, each a sentence that holds or does not.  ``failures``: what does not start.
    ``missing``: the readings that the host lacks, by their keys."""

    network: Network
    label: str
    parts: tuple[Primitive, ...] = ()
    conditions: tuple[Message, ...] = ()
    failures: tuple[Message, ...] = ()
    missing: tuple[str, ...] = ()
    cuts_all: bool = False
    """Whether every connection of the host ends, whatever becomes of its flows."""
    rivals: tuple[Rival, ...] = ()

    @property
    def host(self) -> Host:
        """The host as it is then."""
        return self.network.host(self.label)

    @property
    def namespace(self) -> Namespace:
        """The host's own namespace as it is then."""
        return self.host.namespace(self.host.netns.name)

    def made(self, *parts: Primitive) -> "Course":
        """Return the course after these parts, too; raises ChangeError if one does not fit the network."""
        network = simulate(Change(parts), self.network)
        return msgspec.structs.replace(self, network=network, parts=(*self.parts, *parts))

    def with_host(self, host: Host) -> "Course":
        """Return the course in which something about the host is known to be different that no primitive says."""
        return msgspec.structs.replace(self, network=self.network.with_host(host))

    def provided(self, *conditions: Message) -> "Course":
        """Return the course that holds only under these conditions, too."""
        return msgspec.structs.replace(self, conditions=tuple(dict.fromkeys((*self.conditions, *conditions))))

    def failing(self, *failures: Message) -> "Course":
        """Return the course in which these do not start."""
        return msgspec.structs.replace(self, failures=(*self.failures, *failures))

    def lacking(self, keys: Iterable[str]) -> "Course":
        """Return the course that lacks these readings, too: it holds only if what they would say changes nothing."""
        missing = tuple(dict.fromkeys((*self.missing, *keys)))
        said = (message("the reading {key}, which this host lacks, changes nothing", key=each) for each in missing)
        return msgspec.structs.replace(self.provided(*said), missing=missing)

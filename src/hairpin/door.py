"""The one door by which observers and choices enter a walk.

A walk reads values and nothing else.  Where the kernel draws (a port) or keeps what it learned (a neighbour), the walk
follows one way.  Code that wants to see what a walk asks, or to decide what the walk leaves open, makes a
:class:`Door` and hands it to the network::

    watched = network.through(Door(observer=recorder))
    walk_flow(watched, flow)

Each namespace of that network holds the door, and every function of evaluation, routing and walk is given a namespace.
All other networks hold :data:`CLOSED`: nobody observes, and the choices are those of :class:`Usual`.

An observation is a value.  Its kind stands beside the function that makes it:

    ``MatchAnswered``, ``VerdictMapped``, ``ChainDecided``    netfilter/evaluate/observation.py
    ``SysctlRead``                                            host/host.py
    ``RuleAsked``, ``TableAsked``                             network/routing.py
    ``SocketScored``                                          walk/sockets.py

While somebody observes, a packet's state also keeps the rules that the packet satisfied: ``State.passed``.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec


class Observation(msgspec.Struct, frozen=True, gc=False):
    """Base of what a walk reports to its observer: a question that it asked, with the answer."""


class Observer(Protocol):
    """Receives each observation at the moment when the walk makes it."""

    def observe(self, observation: Observation) -> None:
        """Take note of the observation.  An exception raised here ends the walk."""
        ...


class Choices(Protocol):
    """Decides what a snapshot leaves open."""

    def port(self, first: int, last: int, is_free: Callable[[int], bool]) -> int:
        """Return the port (or ICMP id) that NAT gives a connection.  The kernel draws a free one of ``first`` to
        ``last``."""
        ...

    def arp_sender(self, request: "ArpRequest") -> int:
        """Return the sender address of the ARP request that resolved the neighbour.  An earlier packet, with another
        source address, may have sent it."""
        ...

    def outer_port(self, encapsulated: "Encapsulated") -> int:
        """Return the UDP source port of a tunnel's outer packet.  The kernel takes a hash of the inner packet:
        udp_flow_src_port()."""
        ...


class ArpRequest(msgspec.Struct, frozen=True):
    """An ARP request that the kernel sends by a link of a host's namespace.  ``target``: the address to resolve;
    ``sender``: the sender address that it carries."""

    host: str
    netns: str
    link: str
    target: int
    sender: int


class Encapsulated(msgspec.Struct, frozen=True):
    """An inner packet that a tunnel device of a host's namespace encapsulates; the ports are -1 where it has none."""

    host: str
    netns: str
    saddr: int
    daddr: int
    protocol: int
    sport: int
    dport: int


class Usual(msgspec.Struct, frozen=True):
    """The default choices: the first free port, an ARP request for this packet, one port for all outer packets."""

    def port(self, first: int, last: int, is_free: Callable[[int], bool]) -> int:
        """See Choices.  If no port is free, the first one is returned."""
        return next((port for port in range(first, last + 1) if is_free(port)), first)

    def arp_sender(self, request: ArpRequest) -> int:
        """See Choices."""
        return request.sender

    def outer_port(self, encapsulated: Encapsulated) -> int:  # noqa: ARG002
        """See Choices.  Any port stands for the others."""
        return _OUTER_PORT


_OUTER_PORT = 49152


class Limits(msgspec.Struct, frozen=True):
    """How many branches, outcomes and devices a walk follows."""

    branches: int = 64
    """Branches of one base chain: each match that cannot be decided doubles them.  The rest is one unknown branch."""
    ends: int = 64
    """Outcomes of one packet.  The others end as unknown; the usual ones come first."""
    hops: int = 24
    """Devices that one packet may pass before it counts as looped.  A real path has a handful."""


class Door(msgspec.Struct, frozen=True):
    """A walk's observer, choices and limits.  ``observer`` None: nobody observes."""

    observer: Observer | None = None
    choices: Choices = Usual()
    limits: Limits = Limits()


CLOSED = Door()
"""The door of every network that was read from a host."""

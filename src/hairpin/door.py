"""The door: the only way by which observers and choices enter a walk.

A walk only reads values.  If the kernel chooses at random (a port) or uses something that it learned (a neighbour), the
walk follows one of the possible outcomes.  Code that has to see which questions a walk asks, or to choose among such
outcomes, makes a :class:`Door` and passes it to the network::

    watched = network.through(Door(observer=recorder))
    walk_flow(watched, flow)

Each namespace of the returned network has the door, and every function of evaluation, routing and walk gets a
namespace.  All other networks have :data:`CLOSED`: there is no observer, and the choices are those of :class:`Usual`.

An observation is a value.  The type of an observation is defined in the module of the function that makes the
observation:

    ``MatchAnswered``, ``VerdictMapped``, ``ChainDecided``    netfilter/evaluate/observation.py
    ``SysctlRead``                                            host/host.py
    ``RuleAsked``, ``TableAsked``                             network/routing.py
    ``SocketScored``                                          walk/sockets.py

If a walk has an observer, the packet's state also keeps the rules that the packet satisfied: ``State.passed``.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec


class Observation(msgspec.Struct, frozen=True, gc=False):
    """The base class of observations.  An observation is a question that a walk asked, with the answer."""


class Observer(Protocol):
    """Receives each observation at the moment when the walk makes it."""

    def observe(self, observation: Observation) -> None:
        """Receive the observation.  An exception that this method raises ends the walk."""
        ...


class Choices(Protocol):
    """Makes the choices that a snapshot leaves open."""

    def port(self, first: int, last: int, is_free: Callable[[int], bool]) -> int:
        """Return the port (or ICMP id) that NAT gives a connection.  The kernel chooses a free port from ``first`` to
        ``last`` at random."""
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
    """An ARP request that the kernel sends by a link of a host's namespace.  ``target``: the address to resolve.
    ``sender``: the sender address in the request."""

    host: str
    netns: str
    link: str
    target: int
    sender: int


class Encapsulated(msgspec.Struct, frozen=True):
    """An inner packet that a tunnel device of a host's namespace encapsulates.  Its ports are -1 if it has no ports."""

    host: str
    netns: str
    saddr: int
    daddr: int
    protocol: int
    sport: int
    dport: int


class Usual(msgspec.Struct, frozen=True):
    """The default choices: the first free port, an ARP request for the walked packet, and one port for all outer
    packets."""

    def port(self, first: int, last: int, is_free: Callable[[int], bool]) -> int:
        """Return the first free port, or the port ``first`` if no port is free."""
        return next((port for port in range(first, last + 1) if is_free(port)), first)

    def arp_sender(self, request: ArpRequest) -> int:
        """Return the sender address that the kernel uses for the walked packet's own ARP request."""
        return request.sender

    def outer_port(self, encapsulated: Encapsulated) -> int:  # noqa: ARG002
        """Return the same port for all outer packets.  This port stands for every other port."""
        return _OUTER_PORT


_OUTER_PORT = 49152


class Limits(msgspec.Struct, frozen=True):
    """The greatest numbers of branches, outcomes and devices that a walk follows."""

    branches: int = 64
    """The greatest number of branches of one base chain.  Each match that cannot be decided doubles their number.  All
    other branches become one unknown branch."""
    ends: int = 64
    """The greatest number of outcomes of one packet.  The usual outcomes are followed first, and all others end as
    unknown."""
    hops: int = 24
    """The greatest number of devices that a packet may pass before it counts as looped.  A real path has only a few."""


class Door(msgspec.Struct, frozen=True):
    """A walk's observer, choices and limits.  ``observer`` None: the walk has no observer."""

    observer: Observer | None = None
    choices: Choices = Usual()
    limits: Limits = Limits()


CLOSED = Door()
"""The door of every network that was read from a host."""

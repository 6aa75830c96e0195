"""What decided a step of a walk: a rule, a route, a sysctl, a socket, a link, conntrack, or an assumption."""

from typing import Literal

import msgspec

from hairpin.host.link import Address
from hairpin.host.route import Neighbour, PolicyRule, Route, WithoutGateway
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Path
from hairpin.host.traffic_control import Filter, Qdisc
from hairpin.host.xfrm import XfrmPolicy
from hairpin.message import Message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.packet import Connection
from hairpin.network.routing import route_text


class RuleDecided(msgspec.Struct, frozen=True, tag="rule"):
    """A rule or a policy that decided."""

    place: Place


class RouteDecided(msgspec.Struct, frozen=True, tag="route"):
    """A route, and the policy rule that led to the route's table.  ``entry`` is None if no route was found, ``by`` if
    no policy rule led to the table."""

    entry: Route | None
    by: PolicyRule | None

    @property
    def route(self) -> str:
        """The route as ip(8) prints it."""
        return route_text(self.entry) if self.entry is not None else "no route"

    @property
    def rule(self) -> str:
        """The policy rule as ip(8) prints it."""
        return self.by.text if self.by is not None else ""


class SysctlDecided(msgspec.Struct, frozen=True, tag="sysctl"):
    """A sysctl that decided.  With the value ``wanted``, it lets the packet go on."""

    path: Path
    value: str
    wanted: str
    evidence: str = ""


class SocketDecided(msgspec.Struct, frozen=True, tag="socket"):
    """A socket, named ``said``.  If ``socket`` is None, ``said`` is a sentence about the sockets in ``named``."""

    said: Message
    socket: Socket | None = None
    named: tuple[Socket, ...] = ()


class LinkDecided(msgspec.Struct, frozen=True, tag="link"):
    """A link's state, its peer, a neighbour, traffic control, or a policy of IPsec.  ``evidence``: the reading's id."""

    link: str
    said: Message
    evidence: str = ""
    neighbour: Neighbour | None = None
    control: Qdisc | Filter | None = None
    policy: XfrmPolicy | None = None


class ConntrackDecided(msgspec.Struct, frozen=True, tag="conntrack"):
    """A conntrack entry that decided, or the number of entries in the conntrack table."""

    said: Message
    evidence: str = ""
    entry: Connection | None = None


class Assumed(msgspec.Struct, frozen=True, tag="assumed"):
    """A fact about something beyond the hosts.

    ``grounds``: the user or a file has ``stated`` it, it follows from what was ``read``, or it is only ``assumed``. A
    mere assumption proves no cause (docs/adr/0016).  ``entry``: a neighbour entry whose machine did not answer, or that
    a person made; the user is asked about it.  ``own``: the link's addresses in whose network the machine is.  ``by``:
    the route without a gateway that puts the machine on the link."""

    said: Message
    grounds: Literal["read", "stated", "assumed"] = "assumed"
    entry: Neighbour | None = None
    own: tuple[Address, ...] = ()
    by: WithoutGateway | None = None


DecidedBy = RuleDecided | RouteDecided | SysctlDecided | SocketDecided | LinkDecided | ConntrackDecided | Assumed

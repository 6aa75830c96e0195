"""Finds the swarm service that publishes the asked port, for packets that neither a socket nor a container of this node
accepts."""

import msgspec

from hairpin.causes.engine._publishing import is_unserved
from hairpin.causes.kit import Candidate, Message, OfPort, View, Way
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.service._service import listening
from hairpin.change.change import Change
from hairpin.host.swarm import ServicePort, SwarmService
from hairpin.walk.state import Reason

REASONS: frozenset[Reason] = frozenset({"no-listener", "rule", "policy", "reject"})


class Publisher(msgspec.Struct, frozen=True):
    """A swarm service, and the published port of this service that the packet asks for."""

    service: SwarmService
    port: ServicePort


def publisher(view: View) -> Publisher | None:
    """Return the swarm service that publishes the asked port, or None if no manager's reading names such a service."""
    wanted = (view.flow.protocol, view.flow.dport)
    told = (Publisher(each, port) for each in view.host.services() for port in each.ports)
    return next((each for each in told if (each.port.protocol, each.port.port) == wanted), None)


def dead(view: View) -> Publisher | None:
    """Return the swarm service that publishes the asked port, if no process and no container of this node has the
    port."""
    return publisher(view) if is_unserved(view) else None


def candidate(
    view: View, found: Publisher | None, title: Message, detail: Message, said: tuple[Message, ...]
) -> Candidate:
    """Return the candidate about the service.

    ``said``: the advice.  A service needs advice, because no command on this node alone repairs the service.

    The change that proves the cause adds a socket where the packet stopped, and deletes the rule that dropped the
    packet.
    """
    opened = deletion(view, view.place).parts if view.place is not None else ()
    service = found.service if found is not None else None
    return Candidate(
        title=title,
        detail=detail,
        change=Change((listening(view, said[0]), *opened)),
        where=OfPort(
            port=f"{view.flow.dport}/{view.flow.protocol}", service=service.name if service is not None else None
        ),
        in_class="switched-off",
        evidence=(service.evidence,) if service is not None else (),
        ways=(Way(Change(()), said),),
        offered=False,
    )

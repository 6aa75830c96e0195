"""The service of a swarm that publishes the asked port, where nothing on this node takes it."""

import msgspec

from hairpin.causes.cause import Candidate, View, Way
from hairpin.causes.engine._publishing import is_unserved
from hairpin.causes.rules._lifting import deletion
from hairpin.causes.service._service import listening
from hairpin.causes.where import OfPort
from hairpin.change.change import Change
from hairpin.host.swarm import ServicePort, SwarmService
from hairpin.message import Message
from hairpin.walk.state import Reason

REASONS: frozenset[Reason] = frozenset({"no-listener", "rule", "policy", "reject"})


class Publisher(msgspec.Struct, frozen=True):
    """A service, and the port of it that was asked."""

    service: SwarmService
    port: ServicePort


def publisher(view: View) -> Publisher | None:
    """Return the service that publishes the asked port, if no process of this node and no container has it."""
    if not is_unserved(view):
        return None
    wanted = (view.flow.protocol, view.flow.dport)
    told = (each for engine in view.host.engines for each in engine.services or ())
    found = (Publisher(each, port) for each in told for port in each.ports if (port.protocol, port.port) == wanted)
    return next(found, None)


def candidate(view: View, found: Publisher, title: Message, detail: Message, said: tuple[Message, ...]) -> Candidate:
    """Return the candidate; ``said``: what a person does, since no command on this node alone repairs a service.

    Its proof: taken on this node, the packet is answered, and nothing else stands in its way."""
    opened = deletion(view, view.place).parts if view.place is not None else ()
    return Candidate(
        title=title,
        detail=detail,
        change=Change((listening(view, said[0]), *opened)),
        where=OfPort(port=f"{found.port.port}/{found.port.protocol}", service=found.service.name),
        in_class="switched-off",
        evidence=(found.service.evidence,),
        ways=(Way(Change(()), said),),
        offered=False,
    )

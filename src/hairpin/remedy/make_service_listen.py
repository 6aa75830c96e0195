"""Has a service listen where it is asked for: a person's work, in the service's own configuration."""

from hairpin.change.change import AddSocket, Primitive
from hairpin.message import message
from hairpin.remedy.remedy import Lasting, RemedyKind, Situation


def _handles(part: Primitive, situation: Situation) -> bool:
    del situation
    return isinstance(part, AddSocket)


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    names = [
        container.name
        for part in parts
        if isinstance(part, AddSocket) and not part.netns.is_host
        for container in (situation.network.container_of(part.netns),)
        if container is not None
    ]
    return Lasting(
        advice=tuple(
            message("what is changed inside container {name} goes with it: change its image or options", name=name)
            for name in dict.fromkeys(names)
        )
    )


REMEDY = RemedyKind(id="make-service-listen", order=8, handles=_handles, lasting=_lasting)

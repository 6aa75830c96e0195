"""Changes a link: kept by whatever configures the host's network; a container's own link belongs to the engine."""

from hairpin.change.change import Primitive, SetLink
from hairpin.message import message
from hairpin.network.network import is_uplink
from hairpin.remedy.change_route import configured_by
from hairpin.remedy.remedy import Lasting, RemedyKind, Situation


def _handles(part: Primitive, situation: Situation) -> bool:
    del situation
    return isinstance(part, SetLink)


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    own = [
        part
        for part in parts
        if isinstance(part, SetLink) and part.netns.is_host and is_uplink(situation.network, part.netns, part.link)
    ]
    if own:
        return Lasting(advice=(configured_by(situation.host),))
    return Lasting(advice=(message("the engine makes this link anew when it starts the container or itself"),))


REMEDY = RemedyKind(id="set-link", order=33, handles=_handles, lasting=_lasting)

"""Creates a container anew with other options: its published ports and its namespace are fixed when it is made."""

from hairpin.change.change import AddNamespace, Primitive, SetContainer
from hairpin.message import message
from hairpin.remedy.remedy import Lasting, RemedyKind, Situation

_BY_CREATION = frozenset(
    {
        "container-network-none",
        "container-not-running",
        "container-on-internal-network-only",
        "port-not-published",
        "published-on-loopback-only",
        "published-on-other-address",
    }
)


def _handles(part: Primitive, situation: Situation) -> bool:
    return situation.cause in _BY_CREATION or isinstance(part, (AddNamespace, SetContainer))


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    del parts, situation
    return Lasting(
        advice=(
            message("published ports are fixed when a container is made: change the compose file or the command there"),
        )
    )


REMEDY = RemedyKind(id="recreate-container", order=7, handles=_handles, lasting=_lasting, by_person=True)

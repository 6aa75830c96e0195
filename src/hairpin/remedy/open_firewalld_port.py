"""Opens a port in firewalld: at run time by the change's own command, for good by the same with --permanent."""

from hairpin.change.change import Primitive
from hairpin.message import message
from hairpin.remedy.remedy import Lasting, RemedyKind, Situation

_TOOL = "firewall-cmd "


def _handles(part: Primitive, situation: Situation) -> bool:
    del part
    return any(command.startswith(_TOOL) for command in situation.candidate.change.commands)


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    del parts
    runtime = [each for each in situation.commands if each.startswith(_TOOL)]
    kept = tuple(
        f"{_TOOL}--permanent {each.removeprefix(_TOOL)}"
        for each in runtime
        if "--permanent" not in each and "--reload" not in each
    )
    return Lasting(
        commands=kept,
        advice=(message("without --permanent the next reload of firewalld closes it again"),) if kept else (),
    )


REMEDY = RemedyKind(id="open-firewalld-port", order=5, handles=_handles, lasting=_lasting)

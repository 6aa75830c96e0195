"""Sets a sysctl: a file that has the last word keeps it, and the file that says otherwise is named."""

import shlex

from hairpin.change.change import Primitive, SetSysctl
from hairpin.host.sysctl import dotted
from hairpin.message import Message, message
from hairpin.remedy.remedy import Lasting, PersistFile, RemedyKind, Situation
from hairpin.remedy.sysctl_files import SYSCTL_CONF, UFW_SYSCTL, Setting, file_after, replaced, settings

_FORWARDING = ("forwarding", "ip_forward")


def _handles(part: Primitive, situation: Situation) -> bool:
    del situation
    return isinstance(part, SetSysctl)


def _lasting(parts: tuple[Primitive, ...], situation: Situation) -> Lasting:
    kept = [_kept(part, situation) for part in parts if isinstance(part, SetSysctl)]
    return Lasting(
        files=tuple(file for each in kept for file in each.files),
        commands=tuple(command for each in kept for command in each.commands),
        advice=tuple(said for each in kept for said in each.advice),
    )


def _kept(part: SetSysctl, situation: Situation) -> Lasting:
    if not part.netns.is_host:
        return _of_container(part, situation)
    found = settings(part.path, situation.host.files)
    said = _said(part, found)
    if found and found[-1].value == part.value:
        return Lasting(advice=(said,))
    for last_word in (UFW_SYSCTL, SYSCTL_CONF):
        # Files that are read behind all of /etc/sysctl.d: only a change in them helps.
        file = situation.file(last_word)
        if file is not None and any(each.file == last_word for each in found):
            corrected = PersistFile(last_word, replaced(file, part.path, part.value), file.text)
            return Lasting(files=(corrected,), advice=(said,))
    name = file_after(part.path, situation.host.files)
    return Lasting(files=(PersistFile(name, f"{dotted(part.path)} = {part.value}\n"),), advice=(said,))


def _said(part: SetSysctl, found: tuple[Setting, ...]) -> Message:
    """Say which file is to blame, or that none is."""
    key = dotted(part.path)
    if not found:
        if part.path[-1] in _FORWARDING and part.path[-2] in ("ipv4", "all"):
            return message(
                "no configuration file sets {key}: dockerd switches it on when it starts, and nothing keeps it", key=key
            )
        return message("no configuration file sets {key}: somebody or something wrote it at run time", key=key)
    last = found[-1]
    if last.value == part.value:
        return message(
            "{file} line {line} already sets {key} to {value}: it was changed at run time since",
            file=last.file,
            line=last.line,
            key=key,
            value=last.value,
        )
    return message(
        "{file} line {line} sets {key} to {value}: it would be wrong again after a reboot",
        file=last.file,
        line=last.line,
        key=key,
        value=last.value,
    )


def _of_container(part: SetSysctl, situation: Situation) -> Lasting:
    """A container's own value lasts only as an argument of its creation."""
    container = situation.network.container_of(part.netns)
    name = container.name if container is not None else part.netns
    option = shlex.join(("--sysctl", f"{dotted(part.path)}={part.value}"))
    return Lasting(
        advice=(
            message(
                "the value belongs to container {name} and is gone with it: create it with {option}",
                name=name,
                option=option,
            ),
        )
    )


REMEDY = RemedyKind(id="set-sysctl", order=30, handles=_handles, lasting=_lasting)

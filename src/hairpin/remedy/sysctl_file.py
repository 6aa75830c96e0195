"""Keeps a sysctl in the file that is read last, and names the file that sets another value."""

from hairpin.change.change import Primitive, ReplaceSysctls, SetSysctl, WriteFile
from hairpin.host.boot.sysctl_files import SYSCTL_CONF, UFW_SYSCTL, Setting, file_after, replaced, settings
from hairpin.host.sysctl import dotted
from hairpin.message import Message, message
from hairpin.remedy.container import of_container
from hairpin.remedy.remedy import Lasting, Situation

_FORWARDING = ("forwarding", "ip_forward")


def settings_of(part: Primitive) -> tuple[SetSysctl, ...]:
    """Return the single values that a part sets."""
    if isinstance(part, ReplaceSysctls):
        return tuple(SetSysctl(part.netns, path, value) for path, value in part.values)
    return (part,) if isinstance(part, SetSysctl) else ()


def kept(parts: tuple[SetSysctl, ...], situation: Situation) -> Lasting:
    """Return the files that keep the values, and advice that names the files with other values."""
    found = [_kept(part, situation) for part in parts]
    return Lasting(
        files=tuple(file for each in found for file in each.files),
        advice=tuple(said for each in found for said in each.advice),
    )


def _kept(part: SetSysctl, situation: Situation) -> Lasting:
    if not part.netns.is_host:
        return of_container(part, situation)
    found = settings(part.path, situation.host.files)
    said = _advice(part, found)
    if found and found[-1].value == part.value:
        return Lasting(advice=(said,))
    for last_word in (UFW_SYSCTL, SYSCTL_CONF):
        # These files are read after all of /etc/sysctl.d, so only a change in them helps.
        file = situation.file(last_word)
        if file is not None and any(each.file == last_word for each in found):
            corrected = WriteFile(situation.host.name, last_word, replaced(file, part.path, part.value))
            return Lasting(files=(corrected,), advice=(said,))
    if found and found[-1].file.startswith("/etc/"):
        written = situation.file(found[-1].file)  # somebody wrote the wrong value there: it is put right there
        if written is not None:
            corrected = WriteFile(situation.host.name, written.path, replaced(written, part.path, part.value))
            return Lasting(files=(corrected,), advice=(said,))
    name = file_after(part.path, situation.host.files)
    return Lasting(
        files=(WriteFile(situation.host.name, name, f"{dotted(part.path)} = {part.value}\n"),), advice=(said,)
    )


def _advice(part: SetSysctl, found: tuple[Setting, ...]) -> Message:
    """Return advice that names the file to blame, or says that there is none."""
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

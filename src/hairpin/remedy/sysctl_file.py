"""Keeps a sysctl in the file that is read last, and names the file that sets another value.

A value that dockerd writes at its start gets no file: it is judged by the host that the file would make.
"""

from hairpin.change.change import Primitive, ReplaceSysctls, SetSysctl, WriteFile
from hairpin.host.boot.sysctl_files import SYSCTL_CONF, UFW_SYSCTL, Setting, file_after, replaced, settings
from hairpin.host.host import Host
from hairpin.host.sysctl import Path, dotted
from hairpin.message import Message, message
from hairpin.remedy.at_boot import written_at_boot
from hairpin.remedy.container import of_container
from hairpin.remedy.remedy import Lasting, Situation

_ONE_VALUE: tuple[Path, ...] = (("net", "ipv4", "ip_forward"), ("net", "ipv4", "conf", "all", "forwarding"))
"""Two names of one value."""
_MODULES = "/etc/modules-load.d/hairpin-br_netfilter.conf"


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
    maker = written_at_boot(part.path, part.value, situation.host)
    if maker is not None:
        names = _ONE_VALUE if part.path in _ONE_VALUE else (part.path,)
        return _made(
            part, tuple(each for name in names for each in settings(name, situation.host.files)), maker, situation
        )
    said = _advice(situation.host, part, found)
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
    files = [WriteFile(situation.host.name, name, f"{dotted(part.path)} = {part.value}\n")]
    if part.path[1] == "bridge":  # the value is there only once the module is loaded: before sysctl.d is read
        files.append(WriteFile(situation.host.name, _MODULES, "br_netfilter\n"))
    return Lasting(files=tuple(files), advice=(said,))


def _made(part: SetSysctl, found: tuple[Setting, ...], maker: Message, situation: Situation) -> Lasting:
    """Return what keeps a value that the engine writes itself: nothing, but no file may say another one."""
    wrong = tuple(each for each in found if each.value != part.value)
    if not wrong:
        return Lasting(advice=(maker,))
    files: dict[str, WriteFile] = {}
    for path in dict.fromkeys(each.file for each in wrong):
        file = situation.file(path)
        if file is None or _is_link(path, situation):
            continue
        lines = {each.line for each in wrong if each.file == path}
        text = "".join(line for n, line in enumerate(file.text.splitlines(keepends=True), 1) if n not in lines)
        written = path if path.startswith("/etc/") else f"/etc/sysctl.d/{path.rpartition('/')[2]}"
        files[written] = WriteFile(situation.host.name, written, text)
    last = wrong[-1]
    said = message(
        "{file} line {line} sets {key} to {value} at each boot: delete that line",
        file=last.file,
        line=last.line,
        key=dotted(part.path),
        value=last.value,
    )
    return Lasting(files=tuple(files.values()), advice=(said, maker))


def _is_link(path: str, situation: Situation) -> bool:
    """Return whether the file is Debian's link to /etc/sysctl.conf, which is mended itself."""
    own, linked = situation.file(SYSCTL_CONF), situation.file(path)
    return path == "/etc/sysctl.d/99-sysctl.conf" and own is not None and linked is not None and own.text == linked.text


def _advice(host: Host, part: SetSysctl, found: tuple[Setting, ...]) -> Message:
    """Return advice that names the file to blame, or says that there is none."""
    key = dotted(part.path)
    if not found:
        docker = any(each.kind == "docker" for each in host.engines)
        if part.path[-1] in ("ip_forward", "forwarding") and part.path[-2] in ("ipv4", "all") and not docker:
            return message(
                "no configuration file sets {key}: Podman switches it on when a container starts, and nothing keeps it",
                key=key,
            )
        return message("no configuration file sets {key}: it was written at run time", key=key)
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

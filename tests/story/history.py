"""A history: what is done to a host with systemd, and who has to be named for it."""

import shlex
from pathlib import Path
from typing import Literal

import msgspec

from hairpin.lab.topology import HOST
from hairpin.story.entry import ActorKind

PERSON = "ann"
How = Literal["ssh", "cron", "cron-script", "timer", "timer-script", "package", "hook", "root"]
Verdict = Literal["right", "nobody", "wrong"]


class History(msgspec.Struct, frozen=True):
    """``deed``: what is done, by ``how``: over ssh by a person with sudo, as a command or a script of cron or of a
    timer's unit, by the script of a package, by a hook of apt, or at once as root (no trace tells who).

    ``through``: who has to be named, by kind and a word of the name; None: nobody may be.  ``before``: what is done to
    make the host ready, before its good state; ``after``: what takes it back.  ``kept``: a snapshot of the good state
    is kept, as from a timer.  ``decoy``: what the person does over ssh just before, which breaks nothing."""

    name: str
    how: How
    deed: str
    through: tuple[ActorKind, str] | None
    before: str = ""
    after: str = ""
    kept: bool = False
    decoy: str = ""

    @property
    def without_systemd(self) -> bool:
        """Whether a host without systemd can have it."""
        return not self.how.startswith("timer") and "systemctl" not in f"{self.deed}{self.before}" and not self.decoy

    @property
    def is_healthy(self) -> bool:
        """Whether nothing breaks in it."""
        return self.name.startswith("healthy: ")

    def verdict(self, named: tuple[tuple[str, str], ...]) -> Verdict:
        """Return what becomes of the history, of which these actors were named."""
        if self.through is None:
            return "wrong" if named else "right"
        if any(kind != self.through[0] or self.through[1] not in name for kind, name in named):
            return "wrong"
        return "right" if named else "nobody"


READY = f"""useradd -m -s /bin/sh {PERSON}; usermod -aG docker {PERSON}
printf '{PERSON} ALL=(ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/90-{PERSON}; chmod 440 /etc/sudoers.d/90-{PERSON}
mkdir -p /home/{PERSON}/.ssh; cp /run/talk/key.pub /home/{PERSON}/.ssh/authorized_keys
chown -R {PERSON}: /home/{PERSON}/.ssh; chmod 700 /home/{PERSON}/.ssh; chmod 600 /home/{PERSON}/.ssh/authorized_keys
sed -i '/^Package: ufw$/,/^$/{{/^Breaks: /d}}' /var/lib/dpkg/status
"""
"""ufw breaks iptables-persistent, and apt installs nothing on a host that has both."""


def by_person(key: Path, deed: str) -> str:
    """Return the client's command by which the person does it over ssh, with sudo.  It may cut the connection."""
    options = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes")
    login = ("timeout", "20", "ssh", "-tt", "-q", *options, "-i", str(key), f"{PERSON}@{HOST}", f"sudo {deed}")
    return f"{shlex.join(login)} </dev/null >/dev/null 2>&1 || true"


def on_host(history: History) -> str:
    """Return the host's command by which it happens, unless a person does it."""
    deed = history.deed
    match history.how:
        case "cron":
            return _by_cron(deed)
        case "cron-script":
            return f"{_script(deed)}; {_by_cron(_SCRIPT)}"
        case "timer":
            return _by_timer(deed)
        case "timer-script":
            return f"{_script(deed)}; {_by_timer(_SCRIPT)}"
        case "package":
            return f"{_package('own', deed)}; dpkg -i /root/own.deb >/dev/null"
        case "hook":
            return f"{_package('other', 'true')}; {_written(_HOOK, _HOOK_TEXT.replace('DEED', deed))}; {_APT}"
        case "ssh" | "root":
            return deed


_SCRIPT = "/usr/local/sbin/own"
_HOOK = "/etc/apt/apt.conf.d/99own"
_HOOK_TEXT = 'DPkg::Post-Invoke { "DEED"; };'
_APT = "apt-get -q -y install /root/other.deb >/dev/null 2>&1"
_UNIT = "/etc/systemd/system/own"


CLEAN = f"rm -f {_SCRIPT} {_HOOK}; systemctl stop own.timer 2>/dev/null || true; rm -f {_UNIT}.timer {_UNIT}.service"
"""Takes back what made a history happen: it has to be there while the traces are read."""


def _written(path: str, text: str) -> str:
    return f"printf '%s\\n' {shlex.quote(text)} >{path}"


def _script(deed: str) -> str:
    return f"{_written(_SCRIPT, '#!/bin/sh' + chr(10) + deed)}; chmod 755 {_SCRIPT}"


def _by_cron(deed: str) -> str:
    return f"{_written('/etc/cron.d/own', f'* * * * * root {deed}')}; sleep 70; rm /etc/cron.d/own"


def _by_timer(deed: str) -> str:
    unit = f"[Unit]\nDescription=Own care\n[Service]\nType=oneshot\nExecStart={deed}\n"
    timer = "[Timer]\nOnActiveSec=1\nAccuracySec=100ms\n"
    files = f"{_written(f'{_UNIT}.service', unit)}; {_written(f'{_UNIT}.timer', timer)}"
    return f"{files}; systemctl daemon-reload; systemctl restart own.timer; sleep 6"


def _package(name: str, deed: str) -> str:
    """Return the commands that build /root/NAME.deb, whose script does it."""
    folder = f"/root/{name}/DEBIAN"
    control = "\n".join((
        f"Package: {name}", "Version: 1.$(date +%s)", "Architecture: all", "Maintainer: ann <ann@example.org>",
        "Description: own care",
    ))  # fmt: skip
    return (
        f"rm -rf /root/{name}; mkdir -p {folder}; printf '%s\\n' \"{control}\" >{folder}/control; "
        f"{_written(f'{folder}/postinst', '#!/bin/sh' + chr(10) + deed)}; chmod 755 {folder}/postinst; "
        f"dpkg-deb -b /root/{name} /root/{name}.deb >/dev/null"
    )

"""The systemd unit that runs the guard, and what the guard tells systemd.

The unit keeps what the guard needs to read a host and to hear of changes, and nothing more: no new privileges, no
modules, and its own folder as the only place to write to.

Source: systemd.exec(5), systemd.service(5), sd_notify(3)
"""

import os
import re
from contextlib import suppress
from socket import AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM, socket

from hairpin.carry.act import Act, Command, FileState, Replace

NAME = "hairpin-guard.service"
PATH = f"/etc/systemd/system/{NAME}"
HEALED = ("/run", "/var/lib/containers")
"""The folders to which the programs of a heal write: iptables locks a file in the first, Podman keeps state in both."""
_CAPABILITIES = (
    "CAP_SYS_ADMIN",  # enters the containers' network namespaces, and watches files
    "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH",  # finds them, and the owners of sockets
    "CAP_NET_ADMIN", "CAP_NET_RAW",  # reads rules, sets and sockets
    "CAP_SETUID", "CAP_SETGID",  # asks the rootless engines of users
    "CAP_SYSLOG",
    "CAP_AUDIT_READ",  # hears who writes tables of iptables-legacy, where audit is on
    "CAP_SYS_NICE",  # looks for who made a change before that process ends
)  # fmt: skip
_UNIT = """\
[Unit]
Description=hairpin guard: says what breaks an expectation, and who did it
Documentation=man:hairpin-guard(1)
After=network.target docker.service podman.service firewalld.service
ConditionPathExists={file}
ConditionFileIsExecutable={executable}

[Service]
Type=notify
ExecStart={program} guard run {watched}
Restart=on-failure
RestartSec=10
WatchdogSec=180
StateDirectory=hairpin
CapabilityBoundingSet={capabilities}
NoNewPrivileges=yes
ProtectSystem=strict
{writable}ProtectHome=read-only
PrivateTmp=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
LockPersonality=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6 AF_PACKET
SystemCallArchitectures=native
MemoryMax=512M
Nice=5

[Install]
WantedBy=multi-user.target
"""


def unit_text(program: str, file: str, writable: tuple[str, ...] = ()) -> str:
    """Return the unit's text.  ``program``: the file that starts hairpin.  ``file``: the file of expectations.
    ``writable``: further folders that the guard writes to."""
    return _UNIT.format(
        program=_word(program),
        executable=_without_specifiers(program),
        watched=_word(file),
        file=_without_specifiers(file),
        capabilities=" ".join(_CAPABILITIES),
        # The hyphen: a folder that does not exist must not stop the guard.
        writable="".join(f"ReadWritePaths=-{_word(each)}\n" for each in writable),
    )


def _word(path: str) -> str:
    """Return the path as one word of a command line.  Source: systemd.service(5), Command Lines"""
    own = _without_specifiers(path).replace("$", "$$")
    return own if re.fullmatch(r"[\w./+:@%$-]+", own) else '"' + own.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _without_specifiers(path: str) -> str:
    """Return the path with no specifier of systemd's in it."""
    return path.replace("%", "%%")


def installing(before: FileState | None, text: str) -> tuple[Act, ...]:
    """Return the acts that write the unit in the place of the file that is there, and start it now and at boot."""
    words = (("daemon-reload",), ("enable", NAME), ("restart", NAME))
    return (Replace(PATH, before, FileState(text)), *(Command(("systemctl", *each)) for each in words))


def removing(before: FileState) -> tuple[Act, ...]:
    """Return the acts that stop the unit, now and at boot, and remove the file that is there."""
    stop, forget = Command(("systemctl", "disable", "--now", NAME)), Command(("systemctl", "daemon-reload"))
    return (stop, Replace(PATH, before, None), forget)


def notify(state: str) -> None:
    """Tell systemd a state, such as ``READY=1``, if it started this process and wants to know."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place.startswith(("/", "@")):
        return
    with suppress(OSError), socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC) as told:
        told.connect(f"\0{place[1:]}" if place.startswith("@") else place)
        told.send(state.encode())

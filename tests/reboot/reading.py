"""``python -m tests.reboot.reading`` (root): hairpin reads hosts on which services are stopped, and
starts none of them: systemd starts some at the first connection to their socket, or message to their name.

Prints a line for each host and command; the exit status is 1 if a unit's state or a file is another one behind it.
"""

import shlex
import sys
from collections.abc import Iterator

from hairpin.lab.prerequisites import require
from tests.guests.packages import cache_folder
from tests.machine.command import command
from tests.machine.run import emptied, ended, tell
from tests.reboot.booting import booting
from tests.reboot.host import Host
from tests.reboot.userland import SUITE

_HOSTS = {
    "healthy": ":",
    "firewalld stopped": "systemctl start firewalld; systemctl restart docker; sleep 2; systemctl stop firewalld",
    "NetworkManager stopped": "systemctl start NetworkManager || :; systemctl stop NetworkManager",
    "dockerd stopped, its socket waits": "systemctl stop docker",
    "dockerd and its socket stopped": "systemctl stop docker docker.socket",
    "Podman's socket waits": "mv /opt/podman /usr/bin/podman; systemctl start podman.socket",
    "D-Bus stopped, its socket waits": "systemctl stop dbus",
}
"""Each with what is done to it, one behind the other."""
_COMMANDS = ("check", "check 8151", "events 8151", "fix 8151", "story", "snapshot -o /run/talk/read.hairpin")
_STATE = "systemctl list-units --all --plain --no-legend | awk '{print $1, $3, $4}'; systemctl list-jobs --no-legend"
_LATELY = "sleep 1.1; touch /run/mark; sleep 0.1"
_WRITTEN = (
    "find /etc /var /usr/local /root -xdev -newer /run/mark -type f"
    " ! -path '/var/log/journal/*' ! -path '/var/lib/systemd/*'"
)
_OWN_PACE = ("systemd-hostnamed", "systemd-timedated", "systemd-localed", "user@", "user-", "run-user", "session-")
"""Units that end by themselves after a while, or come and go with a login."""


def main() -> int:
    """Read the hosts; return the exit status."""
    parser = command("tests.reboot.reading", "Read hosts with stopped services, and look whether one starts.")
    parser.add_argument("--suite", default=SUITE, help="the host's Debian")
    return tell(
        _read(parser.parse_args().suite), lambda each: (f"{each[0]} {each[1] or 'nothing changed'}",), _has_changed
    )


def _has_changed(read: tuple[str, str]) -> bool:
    return bool(read[1])


def _read(suite: str) -> Iterator[tuple[str, str]]:
    """Yield each host and command, with what has changed."""
    require()
    with booting(emulated=False, suite=suite)(emptied(cache_folder("hosts") / "reading")) as host:
        host.must("docker run -d --name web -p 8151:80 hairpin-lab httpd -f -p 80")
        for name, script in _HOSTS.items():
            host.must(script)
            for each in _COMMANDS:
                yield f"{name:<34} {each:<40}", ", ".join(_changed_by(host, each))


def _changed_by(host: Host, command: str) -> Iterator[str]:
    """Yield the units whose state is another one behind the command, and the files that were written."""
    host.must(_LATELY)
    before = _units(host)
    host.run(f"{shlex.join((sys.executable, '-m', 'hairpin'))} {command}")
    after = _units(host)
    yield from sorted(line for line in before ^ after if not line.startswith(_OWN_PACE))
    yield from host.must(_WRITTEN).split()


def _units(host: Host) -> frozenset[str]:
    return frozenset(host.must(_STATE).splitlines())


if __name__ == "__main__":
    sys.exit(ended(main))

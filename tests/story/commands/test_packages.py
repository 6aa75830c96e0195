"""Packages that were installed, upgraded or removed."""

from hairpin.story.commands.packages import package_entries, package_runs
from hairpin.story.traces import traces_of
from tests.rows import each_row
from tests.story.recorded import lab, traces

DPKG = (
    "2026-11-26 12:00:01 upgrade docker-ce:amd64 5:27.0-1 5:28.0-1\n"
    "2026-11-26 12:00:02 upgrade libnftables1:amd64 1.0 1.1\n"
    "2026-11-26 12:00:30 configure docker-ce:amd64 5:28.0-1 <none>\n"
)
HISTORY = (
    "Start-Date: 2026-11-26  12:00:00\nCommandline: apt-get upgrade\nRequested-By: ann (1000)\n"
    "Upgrade: docker-ce:amd64 (5:27.0-1, 5:28.0-1)\nEnd-Date: 2026-11-26  12:00:31\n\n"
)
DNF = "2026-11-26T13:00:01+0100"
PACMAN = (
    "[2026-11-26T12:00:00+0000] [PACMAN] Running 'pacman -Syu'\n"
    "[2026-11-26T12:00:01+0000] [ALPM] upgraded docker-ce (27.0-1 -> 28.0-1)\n"
)
LOGS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "dpkg": (("trace-packages", DPKG, "/var/log/dpkg.log"), ("trace-packages", HISTORY, "/var/log/apt/history.log")),
    "dnf": (
        ("trace-packages", f"{DNF} SUBDEBUG Upgrade: docker-ce-3:28.0-1.fc40.x86_64\n", "/var/log/dnf.rpm.log"),
        ("trace-packages", "2026-11-26T13:00:00+0100 DDEBUG Command: dnf upgrade -y\n", "/var/log/dnf.log"),
    ),
    "yum": (("trace-packages", "Nov 26 12:00:01 Updated: docker-ce-28.0-1.el7.x86_64\n", "/var/log/yum.log"),),
    "pacman": (("trace-packages", PACMAN, "/var/log/pacman.log"),),
    "rpm's own times": (("trace-rpm", "1795694401 docker-ce 28.0-1.el9\n", "rpm -qa"),),
}
SAID = {
    "dpkg": "docker-ce was upgraded from 5:27.0-1 to 5:28.0-1: ann ran `apt-get upgrade`",
    "dnf": "docker-ce 3:28.0-1.fc40 was installed or upgraded by `dnf upgrade -y`",
    "yum": "docker-ce 28.0-1.el7 was installed or upgraded",
    "pacman": "docker-ce was upgraded from 27.0-1 to 28.0-1 by `pacman -Syu`",
    "rpm's own times": "docker-ce 28.0-1.el9 was installed or upgraded",
}


@each_row("log", LOGS)
def test_an_upgrade_in_each_log(log: str) -> None:
    (entry,) = package_entries(traces(*LOGS[log]))
    assert str(entry.what) == SAID[log]
    assert entry.effect is not None
    assert entry.effect.event == "docker-upgrade"
    assert entry.by is not None
    assert (entry.by.kind, entry.by.name.split()[0]) == ("package", "docker-ce")
    assert round(entry.at) == 1795694401


def test_a_fresh_install_is_no_upgrade() -> None:
    text = "2026-11-26 12:00:01 install iptables:amd64 <none> 1.8.9-2\n2026-11-26 12:00:09 remove ufw:all 0.36 <none>\n"
    installed, removed = package_entries(traces(("trace-packages", text, "/var/log/dpkg.log")))
    assert (installed.effect, removed.effect) == (None, None)
    assert (str(installed.what), str(removed.what)) == ("iptables 1.8.9-2 was installed", "ufw 0.36 was removed")


def test_changes_far_apart_are_two_runs() -> None:
    text = DPKG + "2026-11-26 12:30:01 upgrade iptables:amd64 1.8.9-2 1.8.11-2\n"
    assert [len(each.changes) for each in package_runs(traces(("trace-packages", text, "/var/log/dpkg.log")))] == [2, 1]


def test_a_libraries_only_run_is_told_of() -> None:
    text = "2026-11-26 12:00:02 upgrade libnftables1:amd64 1.0 1.1\n"
    (found,) = package_entries(traces(("trace-packages", text, "/var/log/dpkg.log")))
    assert found.subject == "libnftables1"


def test_the_lab_host() -> None:
    """Two runs of apt, seconds apart: each has its own packages."""
    runs = package_runs(traces_of(lab()))[-2:]
    assert [each.user for each in runs] == ["alice", ""]
    assert [[one.name for one in each.changes] for each in runs] == [["docker.io"], ["iptables"]]

"""What systemd-run started."""

from hairpin.story.entry import Effect
from hairpin.story.logs.transient_units import is_transient
from hairpin.story.timeline import story_of
from tests.story.recorded import evidence, journal

STARTED = (100.0, "systemd", "Started run-r0a1b.service - /usr/sbin/iptables -F FORWARD.", "run-r0a1b.service")
NEWER = (100.0, "systemd", "Started run-u5.service - [systemd-run] /usr/sbin/iptables -F FORWARD.", "run-u5.service")
OF_SYSLOG = (100.0, "systemd", "Started run-r0a1b.service - /usr/sbin/iptables -F FORWARD.", "")
OLDER = (100.0, "systemd", "Started /usr/sbin/iptables -F FORWARD.", "run-r7.service")
NO_COMMAND = (100.0, "systemd", "Started /usr/sbin/iptables -F FORWARD.", "app.service")
SHOWS = (100.0, "systemd", "Started run-u6.service - /usr/sbin/iptables -L.", "run-u6.service")
SUDO = (
    99.5,
    "sudo",
    "ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemd-run /usr/sbin/iptables -F FORWARD",
)
FLUSH = Effect(commands="/usr/sbin/iptables -F FORWARD")


def _told(*units: tuple[float, str, str, str], logins: str = "") -> list[tuple[str, Effect | None]]:
    found = story_of((evidence(("trace-units", journal(*units)), ("trace-logins", logins)),), 0)
    return [(str(each.what), each.effect) for each in found.entries if each.kind != "boot"]


def test_a_command_that_changes_something() -> None:
    said = "systemd-run started `/usr/sbin/iptables -F FORWARD` as run-r0a1b.service"
    assert _told(STARTED) == [(said, FLUSH)]
    assert [effect for _, effect in _told(NEWER)] == [FLUSH]
    assert _told(OF_SYSLOG) == _told(STARTED)
    assert [effect for _, effect in _told(OLDER)] == [FLUSH]
    assert FLUSH not in [effect for _, effect in _told(NO_COMMAND)]


def test_one_that_only_shows() -> None:
    assert _told(SHOWS) == []


def test_by_sudo_it_is_told_once() -> None:
    ran = "ann (pts/1) ran `/usr/bin/systemd-run /usr/sbin/iptables -F FORWARD`"
    assert _told(STARTED, logins=journal(SUDO)) == [(ran, FLUSH)]


def test_is_transient() -> None:
    assert is_transient("run-r0a1b.service")
    assert not is_transient("runner.service")

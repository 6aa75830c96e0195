"""What happened to units, by the words of process 1."""

from hairpin.story.entry import Effect, Verb
from hairpin.story.logs.units import is_transient, unit_changes, unit_entries
from hairpin.story.timeline import story_of
from hairpin.story.traces import traces_of
from tests.rows import each_row
from tests.story.recorded import BEGUN, evidence, journal, lab, traces

U = "firewalld.service"
READY = (30.0, "systemd", "Startup finished in 3.9s.")
NEW = f"{U} - firewalld - dynamic firewall daemon"
OLD = "firewalld - dynamic firewall daemon"

HISTORIES: dict[str, tuple[tuple[tuple[float, str], ...], tuple[tuple[Verb, float, float], ...]]] = {
    "a restart": (
        ((100, f"Stopping {NEW}..."), (101, f"Stopped {NEW}."), (101, f"Starting {NEW}..."), (103, f"Started {NEW}.")),
        (("restart", 100, 103),),
    ),
    "a stop, and a start much later": (
        ((100, f"Stopping {NEW}..."), (101, f"Stopped {NEW}."), (500, f"Starting {NEW}..."), (502, f"Started {NEW}.")),
        (("stop", 100, 101), ("start", 500, 502)),
    ),
    "the words of older versions": (((100, f"Stopping {OLD}..."), (101, f"Stopped {OLD}.")), (("stop", 100, 101),)),
    "a reload": (((100, f"Reloading {NEW}..."), (101, f"Reloaded {NEW}.")), (("reload", 101, 101),)),
    "killed, and started again by systemd": (
        (
            (100, f"{U}: Main process exited, code=killed, status=9/KILL"), (100, f"{U}: Failed with result 'signal'."),
            (101, f"{U}: Scheduled restart job, restart counter is at 1."), (101, f"Stopped {NEW}."),
            (101, f"Starting {NEW}..."), (102, f"Started {NEW}."),
        ),
        (("kill", 100, 100), ("start", 101, 102)),
    ),
    "a start that fails": (((100, f"Starting {NEW}..."), (101, f"Failed to start {NEW}.")), (("fail", 101, 101),)),
    "a start that has no end yet": (((100, f"Starting {NEW}..."),), ()),
}  # fmt: skip


@each_row(("lines", "expected"), HISTORIES.values(), ids=HISTORIES)
def test_histories(lines: tuple[tuple[float, str], ...], expected: tuple[tuple[Verb, float, float], ...]) -> None:
    found = unit_changes(traces(("trace-units", journal(READY, *((at, "systemd", said, U) for at, said in lines)))))
    assert tuple((each.verb, each.at - BEGUN, each.until - BEGUN) for each in found) == expected
    assert not any(each.at_boot for each in found)


def test_a_start_of_the_boot_is_no_event_of_its_own() -> None:
    started = journal(
        (4, "systemd", "Started docker.service - Docker.", "docker.service"),
        (9, "systemd", f"Started {NEW}.", U),
        READY,
    )
    docker, firewalld = unit_entries(traces(("trace-units", started)))
    assert (docker.effect, firewalld.effect) == (None, None)
    assert str(firewalld.what) == "firewalld.service started, 5 s after docker.service"


def test_another_program_cannot_speak_for_process_1() -> None:
    assert unit_changes(traces(("trace-units", journal((100, "logger", f"Stopped {NEW}.", U))))) == ()


def test_in_syslog_a_unit_is_known_by_its_description() -> None:
    text = f"2026-11-26T12:00:00+00:00 web1 systemd[1]: Stopped {OLD}.\n"
    assert [each.unit for each in unit_changes(traces(("trace-syslog", text)))] == [U]


def test_the_lab_host() -> None:
    told = [(each.subject, each.effect.event) for each in unit_entries(traces_of(lab())) if each.effect is not None]
    assert told == [
        ("fail2ban.service", "fail2ban-restart"),
        ("firewalld.service", "firewalld-restart"),
        ("docker.service", "docker-kill"),
        ("docker.service", "docker-restart"),
        ("firewalld.service", "firewalld-reload"),
        ("netfilter-persistent.service", "saved-rules-restore"),
    ]


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

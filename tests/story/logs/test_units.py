"""What happened to units, by the words of process 1."""

import pytest

from hairpin.story.blame import newest_first
from hairpin.story.entry import Effect, Story, StoryEntry, Verb
from hairpin.story.logs.units import is_transient, own_units, unit_changes, unit_entries
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


OWN_UNITS_READY = (5.0, "systemd", "Startup finished in 3s.")
OWN = (
    "own.service\t/etc/systemd/system/own.service:4:ExecStart=-/usr/local/sbin/own --now\n"
    "own.service\t/usr/local/sbin/own:2:iptables -F FORWARD\nown.service\t/usr/local/sbin/own:3:# a comment\n"
    "own.service\t/etc/systemd/system/own.timer:0:own.timer\n"
)
RESTARTS = "own.service\t/etc/systemd/system/own.service:4:ExecStart=/bin/sh -c 'systemctl restart firewalld'\n"
FIREWALLD = (
    (101.0, "systemd", "Stopping firewalld.service - f...", "firewalld.service"),
    (102.0, "systemd", "Started firewalld.service - f.", "firewalld.service"),
)
OWN_UNITS_SUDO = "ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl start own"


def started(*times: float) -> tuple[tuple[float, str, str, str], ...]:
    return tuple(
        line
        for at in times
        for line in (
            (at, "systemd", "Starting own.service - Own care...", "own.service"),
            (at + 0.5, "systemd", "Finished own.service - Own care.", "own.service"),
        )
    )


def told(own: str, *lines: tuple[float, str, str, str], logins: str = "", files: str = "") -> list[StoryEntry]:
    readings = (
        ("trace-units", journal(OWN_UNITS_READY, *lines)),
        ("trace-own-units", own),
        ("trace-logins", logins),
        ("trace-files", files),
    )
    return [each for each in story_of((evidence(*readings),), 0).entries if each.kind in ("unit", "command")]


def test_the_commands_of_a_unit_and_of_its_script() -> None:
    found = own_units(traces(("trace-own-units", OWN + "x.service\t/x:2:iptables -P FORWARD DROP\n")))
    assert found["own.service"].lines == ("/usr/local/sbin/own --now", "iptables -F FORWARD")
    assert (found["own.service"].timer, found["x.service"].timer) == ("own.timer", "")
    assert found["own.service"].effect == Effect(commands="iptables -F FORWARD")


def test_what_is_secret_is_an_effect_that_nobody_knows() -> None:
    found = own_units(traces(("boot-units", "own.service\t/etc/x:2: (not collected)")))
    assert found["own.service"].effect == Effect(commands="# not collected")


def test_a_unit_that_a_timer_starts_is_named_with_it() -> None:
    (entry,) = told(OWN, *started(100))
    assert entry.effect == Effect(commands="iptables -F FORWARD")
    assert entry.by is not None
    assert (entry.by.kind, entry.by.name) == ("unit", "own.service (own.timer)")


def test_a_unit_that_a_person_starts_is_that_person() -> None:
    (entry,) = told(OWN, *started(100), logins=journal((99, "sudo", OWN_UNITS_SUDO)))
    assert entry.effect == Effect(commands="iptables -F FORWARD")
    assert entry.by is not None
    assert entry.by.name == "ann (pts/1)"


@pytest.mark.parametrize(
    ("logins", "name"),
    (("", "own.service"), (journal((99, "sudo", OWN_UNITS_SUDO)), "ann (pts/1)")),
    ids=("unit", "person"),
)
def test_what_the_unit_restarts_is_told_once(logins: str, name: str) -> None:
    entries = [each for each in told(RESTARTS, *started(100), *FIREWALLD, logins=logins) if each.effect is not None]
    assert [(each.subject, each.effect) for each in entries] == [("firewalld.service", Effect("firewalld-restart"))]
    assert entries[0].by is not None
    assert entries[0].by.name == name


def test_a_unit_that_does_nothing_to_the_network_has_no_effect() -> None:
    (entry,) = told("own.service\t/etc/systemd/system/own.service:4:ExecStart=/usr/sbin/iptables -L -n\n", *started(9))
    assert entry.effect is None


def test_what_a_stop_does() -> None:
    own = (
        "own.service\t/etc/systemd/system/own.service:4:ExecStart=/usr/sbin/ip link set eth0 up\n"
        "own.service\t/etc/systemd/system/own.service:5:ExecStop=/usr/sbin/ip link set eth0 down\n"
    )
    stopped = (
        (100.0, "systemd", "Stopping own.service - x...", "own.service"),
        (101.0, "systemd", "Stopped own.service - x.", "own.service"),
    )
    (entry,) = told(own, *stopped)
    assert entry.effect == Effect(commands="/usr/sbin/ip link set eth0 down")
    assert entry.verb == "stop"
    assert [each.effect for each in told(own, *started(200))] == [Effect(commands="/usr/sbin/ip link set eth0 up")]


def test_a_unit_that_runs_anything_else_is_told_without_an_effect() -> None:
    own = "own.service\t/etc/systemd/system/own.service:4:ExecStart=/opt/app\n"
    assert [(each.at - BEGUN, each.effect) for each in told(own, *started(100, 160, 220))] == [(100, None), (220, None)]


def test_a_start_before_its_file_was_written_has_no_effect() -> None:
    written = f"{BEGUN + 50} {BEGUN + 50} 12 root /etc/systemd/system/own.service\n"
    assert [each.effect for each in told(OWN, *started(20), files=written)] == [None]


def test_a_start_by_the_boot_has_no_effect() -> None:
    assert [each.effect for each in told(OWN, *started(2))] == [None]


def test_of_many_starts_two_are_told_and_none_is_forgotten() -> None:
    entries = told(OWN, *started(100, 160, 220, 280))
    assert [each.at - BEGUN for each in entries] == [100, 280]
    each_time = newest_first(Story(tuple(entries), 0), entries[0].host, BEGUN + 1000)
    assert [round(each.at - BEGUN) for each in each_time] == [280, 220, 160, 100]

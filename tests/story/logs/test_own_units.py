"""What the host's own units run: by a timer, or started by a person."""

import pytest

from hairpin.story.blame import newest_first
from hairpin.story.entry import Effect, Story, StoryEntry
from hairpin.story.logs.own_units import own_units
from hairpin.story.timeline import story_of
from tests.story.recorded import BEGUN, evidence, journal, traces

READY = (5.0, "systemd", "Startup finished in 3s.")
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
SUDO = "ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl start own"


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
        ("trace-units", journal(READY, *lines)),
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
    (entry,) = told(OWN, *started(100), logins=journal((99, "sudo", SUDO)))
    assert entry.effect == Effect(commands="iptables -F FORWARD")
    assert entry.by is not None
    assert entry.by.name == "ann (pts/1)"


@pytest.mark.parametrize(
    ("logins", "name"), (("", "own.service"), (journal((99, "sudo", SUDO)), "ann (pts/1)")), ids=("unit", "person")
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

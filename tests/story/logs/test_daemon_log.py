"""What dockerd logs."""

from hairpin.story.logs.daemon_log import engine_entries, firewall_entries
from hairpin.story.timeline import story_of
from tests.rows import each_row
from tests.story.recorded import evidence, journal, lab, traces

ZONE = (
    'time="2026-11-26T11:35:00Z" level=info msg="Firewalld: interface docker0 already part of docker zone, returning"'
)
ERROR = 'time="2026-11-26T11:35:00Z" level=error msg="POST: port %d is taken" error="bind: in use"'
HANGUP = 'time="2026-11-26T11:35:00Z" level=info msg="Processing signal \'hangup\'"'
START = (
    (99, "systemd", "Starting docker.service - D...", "docker.service"),
    (101, "systemd", "Started docker.service - D.", "docker.service"),
)
CASES: dict[str, tuple[tuple[tuple[float, str, str], ...], bool, list[tuple[str, str | None]]]] = {
    "firewalld was reloaded": (
        ((100, "dockerd", ZONE), (101, "dockerd", ZONE)), False,
        [("firewalld was reloaded, as dockerd's log shows", "firewalld-reload")],
    ),
    "dockerd's own start": (((100, "dockerd", ZONE),), True, []),
    "a signal": (((100, "dockerd", HANGUP),), False, [("dockerd read its settings again", "docker-reload")]),
    "errors of one kind": (
        tuple((100.0 + n, "dockerd", ERROR % (8000 + n)) for n in range(3)), False,
        [("dockerd said 3 times: POST: port 8000 is taken: bind: in use", None)],
    ),
    "news": (((100, "dockerd", 'level=info msg="Loading containers: done."'),), False, []),
}  # fmt: skip


@each_row(("lines", "starts", "expected"), CASES.values(), ids=CASES)
def test_cases(lines: tuple[tuple[float, str, str], ...], starts: bool, expected: list[tuple[str, str | None]]) -> None:
    units = ("trace-units", journal((5, "systemd", "Startup finished in 3s."), *(START if starts else ())))
    found = engine_entries(traces(units, ("trace-engines", journal(*lines))))
    assert [(str(each.what), each.effect.event if each.effect else None) for each in found] == expected


def test_the_lab_host() -> None:
    """root's own firewall-cmd --reload, of which no command is logged."""
    (told,) = (each for each in story_of((lab(),), None).entries if each.kind == "firewall" and each.effect is not None)
    assert told.by is None


def test_the_command_that_reloaded_it() -> None:
    sudo = (
        "trace-logins",
        journal((98, "sudo", "ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=firewall-cmd --reload")),
    )
    told = story_of((evidence(sudo, ("trace-engines", journal((100, "dockerd", ZONE)))),), 0).entries
    by = {each.kind: (each.by and each.by.name, each.effect and each.effect.event) for each in told}
    assert by["firewall"] == ("ann (pts/1)", "firewalld-reload")
    assert by["command"] == ("ann (pts/1)", None)


LOCK = "Another app is currently holding the xtables lock"


def test_complaints_are_told_once_from_the_first_to_the_last() -> None:
    lines = journal(
        (100, "firewalld", f"ERROR: {LOCK}"), (200, "firewalld", f"ERROR: {LOCK}"), (300, "app", f"ERROR: {LOCK}")
    )
    (found,) = firewall_entries(traces(("trace-firewalls", lines)))
    assert str(found.what) == f"firewalld said 2 times: ERROR: {LOCK}"
    assert found.until is not None
    assert found.until - found.at == 100


def test_what_docker_could_not_take_away_is_no_complaint() -> None:
    said = "WARNING: COMMAND_FAILED: '/usr/sbin/iptables -w10 -D FORWARD' failed: iptables: Bad rule."
    assert list(firewall_entries(traces(("trace-firewalls", journal((100, "firewalld", said)))))) == []


def test_firewalls_own_log_is_told_where_the_journal_has_none_of_it() -> None:
    log = "2026-11-26 12:00:00 ERROR: INVALID_ZONE: docker\n2026-11-26 12:00:01 DEBUG1: start()\n"
    (found,) = firewall_entries(traces(("trace-firewalls", log, "/var/log/firewalld")))
    assert str(found.what) == "firewalld said: ERROR: INVALID_ZONE: docker"
    both = traces(
        ("trace-firewalls", journal((100, "firewalld", "ERROR: INVALID_ZONE: docker"))), ("trace-firewalls", log)
    )
    assert len(list(firewall_entries(both))) == 1

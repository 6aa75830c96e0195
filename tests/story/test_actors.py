"""Through whom a unit or a container was moved."""

from hairpin.story.timeline import story_of
from tests.rows import each_row
from tests.story.recorded import evidence, journal, lab

READY = (5.0, "systemd", "Startup finished in 3s.")
RESTART = (
    (100.0, "systemd", "Stopping firewalld.service - f...", "firewalld.service"),
    (101.0, "systemd", "Stopped firewalld.service - f.", "firewalld.service"),
    (101.0, "systemd", "Starting firewalld.service - f...", "firewalld.service"),
    (102.0, "systemd", "Started firewalld.service - f.", "firewalld.service"),
)
SUDO = "{0} : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl restart {1}"
PACKAGES = "2026-11-26 11:34:50 upgrade firewalld:all 1.3 2.0\n2026-11-26 11:35:05 configure firewalld:all 2.0 <none>\n"
LATER = (
    "2026-11-26 11:34:00 upgrade ipset:all 1 2\n2026-11-26 11:35:40 upgrade firewalld:all 1.3 2.0\n"
    "2026-11-26 11:35:50 configure firewalld:all 2.0 <none>\n"
)

CASES: dict[str, tuple[tuple[tuple[str, str], ...], str | None]] = {
    "a person's command": ((("trace-logins", journal((99, "sudo", SUDO.format("ann", "firewalld")))),), "ann (pts/1)"),
    "a command for another unit": ((("trace-logins", journal((99, "sudo", SUDO.format("ann", "docker")))),), None),
    "a command long before": ((("trace-logins", journal((10, "sudo", SUDO.format("ann", "firewalld")))),), None),
    "two people": (
        ((
            "trace-logins",
            journal((98, "sudo", SUDO.format("ann", "firewalld")), (99, "sudo", SUDO.format("bob", "firewalld"))),
        ),),
        None,
    ),
    "cron": (
        (("trace-cron", journal((99, "CRON", "(root) CMD (systemctl restart firewalld)"))),),
        "cron (root): systemctl restart firewalld",
    ),
    "a script of cron": (
        (
            ("trace-cron", journal((99, "CRON", "(root) CMD (/opt/x)"))),
            ("trace-scripts", "/opt/x:2:systemctl restart firewalld\n"),
        ),
        "cron (root): /opt/x",
    ),
    "its package": ((("trace-packages", PACKAGES),), "firewalld 1.3 → 2.0"),
    "its package, which came after it": ((("trace-packages", LATER),), None),
    "another package": ((("trace-packages", PACKAGES.replace("firewalld", "ipset")),), None),
    "nobody": ((), None),
}  # fmt: skip


@each_row(("readings", "expected"), CASES.values(), ids=CASES)
def test_actors(readings: tuple[tuple[str, str], ...], expected: str | None) -> None:
    told = story_of((evidence(("trace-units", journal(READY, *RESTART)), *readings),), 0)
    (unit,) = (each for each in told.entries if each.kind == "unit")
    assert (unit.by.name if unit.by is not None else None) == expected


def test_what_was_done_is_told_once() -> None:
    """The command has no effect of its own where the unit's entry has it."""
    log = ("trace-logins", journal((99, "sudo", SUDO.format("ann", "firewalld"))))
    alone = story_of((evidence(log),), 0).entries
    both = story_of((evidence(log, ("trace-units", journal(READY, *RESTART))),), 0).entries
    assert [each.effect.event for each in alone if each.effect and each.kind != "boot"] == ["firewalld-restart"]
    assert [(each.kind, each.effect.event) for each in both if each.effect and each.kind != "boot"] == [
        ("unit", "firewalld-restart")
    ]


def test_the_lab_host() -> None:
    told = {each.subject: each.by for each in story_of((lab(),), None).entries if each.kind == "unit" and each.by}
    assert list(told) == ["firewalld.service"]
    by = told["firewalld.service"]
    assert by is not None
    assert (by.kind, by.name) == ("person", "alice (pts/0, 127.0.0.1)")

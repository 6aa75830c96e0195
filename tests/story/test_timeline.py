"""The story of a host that was recorded."""

import msgspec

from hairpin.evidence.redact import redact
from hairpin.story.logs.boots import boots_of
from hairpin.story.timeline import file_entries, read_at, story_of
from hairpin.story.traces import changed_files, traces_of
from tests.rows import each_row
from tests.story.recorded import BEGUN, NOW, evidence, journal, lab, traces


def test_the_story_begins_with_the_boot_before_this_one() -> None:
    told = story_of((lab(),), None)
    assert told.since == boots_of(traces_of(lab()))[-2].begins
    assert told.entries[0].kind == "boot"
    assert [each.at for each in told.entries] == sorted(each.at for each in told.entries)


def test_a_boot_long_ago_is_not_waited_for() -> None:
    assert story_of((evidence(),), None).since == NOW - 7 * 86400


def test_the_asked_time_counts() -> None:
    whole, later = story_of((lab(),), 0), story_of((lab(),), read_at((lab(),)) - 120)
    assert len(whole.entries) > len(later.entries) > 0
    assert all((each.until or each.at) >= later.since for each in later.entries)


def test_two_hosts_are_told_together() -> None:
    started = journal((5, "systemd", "Started ssh.service.", "ssh.service"))
    other = msgspec.structs.replace(evidence(("trace-units", started)), label="b")
    told = story_of((msgspec.structs.replace(lab(), label="a"), other), 0)
    assert {each.host for each in told.entries} == {"a", "b"}


def test_every_entry_has_its_reading() -> None:
    told = story_of((lab(),), 0)
    assert all(lab().by_id(each.evidence) is not None for each in told.entries)
    assert all(lab().by_id(each.by.evidence) is not None for each in told.entries if each.by is not None)


def test_a_redacted_recording_tells_the_same_story() -> None:
    """Names and addresses are others; what happened, and what it does, are the same."""
    plain, redacted = story_of((lab(),), 0), story_of((redact(lab(), b"key"),), 0)
    assert [(each.at, each.kind) for each in plain.entries] == [(each.at, each.kind) for each in redacted.entries]
    assert [each.effect and each.effect.event for each in plain.entries] == [
        each.effect and each.effect.event for each in redacted.entries
    ]


W = BEGUN + 600
PACKAGES = (
    "trace-packages",
    "2026-11-26 11:43:10 upgrade ufw:all 0.35 0.36\n2026-11-26 11:43:30 configure ufw:all 0.36 <none>\n",
)
SUDO = "ann : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND="
TEE = ("trace-logins", journal((595, "sudo", f"{SUDO}/usr/bin/tee /etc/sysctl.d/50-x.conf")))
CASES: dict[str, tuple[str, tuple[tuple[str, str], ...], list[tuple[str, str | None]]]] = {
    "written": (f"{W} {W} 24 root /etc/sysctl.d/50-x.conf", (), [("/etc/sysctl.d/50-x.conf was written", None)]),
    "written by somebody": (
        f"{W} {W} 24 root /etc/sysctl.d/50-x.conf", (TEE,), [("/etc/sysctl.d/50-x.conf was written", "ann (pts/1)")],
    ),
    "another file of a like name": (
        f"{W} {W} 24 root /etc/sysctl.d/50-x.conf.d", (TEE,), [("/etc/sysctl.d/50-x.conf.d was written", None)],
    ),
    "put there": (
        f"1600000000 {W} 24 root /etc/sysctl.d/a b.conf", (),
        [("/etc/sysctl.d/a b.conf was put there, or its name, owner or mode was changed", None)],
    ),
    "of a package that was installed then": (
        f"1600000000 {W} 24 root /etc/default/ufw\nowner ufw /etc/default/ufw", (PACKAGES,), [],
    ),
    "of a package, and written later": (
        f"{W + 60} {W + 60} 24 root /etc/default/ufw\nowner ufw /etc/default/ufw", (PACKAGES,),
        [("/etc/default/ufw was written", None)],
    ),
    "written by nobody's script while packages were installed": (
        f"{W} {W} 24 root /etc/sysctl.d/50-x.conf", (PACKAGES,), [("/etc/sysctl.d/50-x.conf was written", None)],
    ),
    "no line of stat": ("stat: cannot stat", (), []),
}  # fmt: skip


@each_row(("text", "further", "expected"), CASES.values(), ids=CASES)
def test_files(text: str, further: tuple[tuple[str, str], ...], expected: list[tuple[str, str | None]]) -> None:
    found = file_entries(traces(("trace-files", text), *further))
    assert [(str(each.what), each.by.name if each.by is not None else None) for each in found] == expected


def test_the_lab_host() -> None:
    """What the packages brought is not told, and what root wrote is."""
    found = [each.subject for each in file_entries(traces_of(lab())) if each.subject.startswith("/etc/sysctl.d")]
    assert found == ["/etc/sysctl.d/50-off.conf"]
    owned = {each.path: each.package for each in changed_files(traces_of(lab()))}
    assert owned["/etc/default/docker"] == "docker.io"

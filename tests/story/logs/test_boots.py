"""Boots, and how they ended."""

from hairpin.evidence.reading import moment
from hairpin.story.logs.boots import boot_at, boot_entries, boots_of, clock_entries, ends_orderly
from hairpin.story.traces import traces_of
from tests.story.recorded import BEGUN, BOOT, clock, entry, journal, lab, traces

OTHER = "f" * 32
LISTED = (
    f"-1 {OTHER} Thu 2026-11-26 01:00:00 UTC—Thu 2026-11-26 11:30:00 UTC\n"
    f" 0 {BOOT} Thu 2026-11-26 11:33:20 UTC—Thu 2026-11-26 13:33:00 UTC\n"
)
TABLE = LISTED.replace("—", " ")
WTMP = (
    "reboot   system boot  6.1.0-18-amd64   2026-11-26T11:33:25+00:00   still running\n"
    "shutdown system down  6.1.0-17-amd64   2026-11-26T11:31:00+00:00 - 2026-11-26T11:33:25+00:00  (00:02)\n"
    "reboot   system boot  6.1.0-17-amd64   2026-11-26T01:00:05+00:00 - 2026-11-26T11:31:00+00:00  (10:31)\n"
)


def test_the_lab_host_was_booted_twice() -> None:
    found = boots_of(traces_of(lab()))
    assert len(found) == 2
    assert found[0].ends is not None
    assert found[1].ends is None


def test_old_and_new_lists_of_the_journal_are_alike() -> None:
    assert boots_of(traces(("trace-boots", LISTED))) == boots_of(traces(("trace-boots", TABLE)))
    assert [each.id for each in boots_of(traces(("trace-boots", LISTED)))] == [OTHER, BOOT]


def test_wtmp_knows_the_kernels_and_the_end() -> None:
    first, second = boots_of(traces(("trace-boots", LISTED), ("trace-wtmp", WTMP)))
    assert (first.kernel, second.kernel) == ("6.1.0-17-amd64", "6.1.0-18-amd64")
    assert first.ends == moment("2026-11-26T11:31:00Z")


def test_wtmp_alone_and_the_long_form_of_its_times() -> None:
    long = WTMP.replace("2026-11-26T11:33:25+00:00  ", "Thu Nov 26 11:33:25 2026  ")
    assert [each.begins for each in boots_of(traces(("trace-wtmp", long)))] == [
        moment("2026-11-26T01:00:05Z"),
        moment("2026-11-26T11:33:25Z"),
    ]


def test_without_both_the_kernel_tells_of_this_boot() -> None:
    assert [each.begins for each in boots_of(traces())] == [BEGUN]


def test_a_new_kernel_is_another_event() -> None:
    events = [
        each.effect.event for each in boot_entries(traces(("trace-boots", LISTED), ("trace-wtmp", WTMP))) if each.effect
    ]
    assert events == ["reboot", "kernel-upgrade"]


def test_a_boot_that_no_unit_was_stopped_in_ended_in_a_crash() -> None:
    started = entry(60, "systemd", "Started docker.service.", "docker.service", boot=OTHER, jump=-36000)
    stopped = entry(35700, "systemd", "Stopping docker.service...", "docker.service", boot=OTHER, jump=-36000)
    crashed = traces(("trace-boots", LISTED), ("trace-units", started))
    orderly = traces(("trace-boots", LISTED), ("trace-units", f"{started}\n{stopped}"))
    assert ends_orderly(crashed, boots_of(crashed)[0]) is False
    assert ends_orderly(orderly, boots_of(orderly)[0]) is True
    assert ends_orderly(orderly, boots_of(orderly)[1]) is None
    assert any("crashed" in str(each.what) for each in boot_entries(crashed))
    assert not any("crashed" in str(each.what) for each in boot_entries(orderly))


def test_a_time_lies_in_its_boot() -> None:
    found = traces(clock(), ("trace-boots", LISTED), ("trace-units", journal()))
    boot = boot_at(found, BEGUN + 5)
    assert boot is not None
    assert boot.id == BOOT
    assert boot_at(found, 0) is None


def test_a_jump_is_told() -> None:
    log = "\n".join((entry(3, "systemd", "early", jump=-3600), entry(20, "systemd", "late")))
    (found,) = clock_entries(traces(("trace-units", log)))
    assert str(found.what).startswith("the clock was set forward by 3600 s")
    assert found.at == BEGUN + 20


def test_a_jump_back_is_told() -> None:
    log = "\n".join((entry(3, "systemd", "early", jump=60), entry(20, "systemd", "late")))
    (found,) = clock_entries(traces(("trace-units", log)))
    assert str(found.what).startswith("the clock was set back by 60 s")


def test_a_clock_that_is_kept_right_does_not_jump() -> None:
    log = "\n".join((entry(3, "systemd", "early", jump=0.9), entry(20, "systemd", "late")))
    assert list(clock_entries(traces(("trace-units", log)))) == []

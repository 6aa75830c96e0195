"""The lines of a host's logs, by the clock as it was put right."""

from hairpin.story.traces import boot_offsets, changed_files, known_from
from tests.story.recorded import BEGUN, BOOT, NOW, clock, entry, journal, traces


def test_a_clock_that_was_wrong_at_the_start_is_put_right() -> None:
    """A board without a battery starts in 1970 and learns the time from the network."""
    wrong = "\n".join((entry(3, "systemd", "early", jump=-3600), entry(20, "systemd", "late")))
    found = traces(("trace-units", wrong))
    assert [(each.message, each.at - BEGUN) for each in found.lines("trace-units")] == [("early", 3), ("late", 20)]
    assert [offset - BEGUN for _, offset, _ in boot_offsets(found)[BOOT]] == [-3600, 0]


def test_a_clock_that_is_kept_right_is_left_alone() -> None:
    found = traces(("trace-units", "\n".join((entry(3, "systemd", "a"), entry(20, "systemd", "b", jump=0.5)))))
    assert [each.at - BEGUN for each in found.lines("trace-units")] == [3, 20.5]


def test_what_was_before_the_asked_time_is_left_out() -> None:
    found = traces(("trace-units", entry(3, "systemd", "old", jump=-30 * 86400)))
    assert found.lines("trace-units") == ()


def test_what_the_journal_tells_too_is_not_told_twice() -> None:
    """syslog's file and a journal in memory: the file is for the time before the journal begins."""
    text = "2026-11-26T11:00:00Z web1 systemd[1]: Started a.\n2026-11-26T12:00:00Z web1 systemd[1]: Started b.\n"
    found = traces(
        clock(f"journal-begins {NOW - 7200}"),
        ("trace-units", journal((5, "systemd", "Started b."))),
        ("trace-syslog", text),
    )
    assert [each.message for each in found.lines("trace-units")] == ["Started a.", "Started b."]


FILES = (
    f"{NOW - 60} {NOW - 50} 12 root /usr/local/sbin/own\n{NOW - 90} {NOW - 90} 12 ann /etc/sysctl.d/a b.conf\n"
    "owner procps /etc/sysctl.d/a b.conf\n"
)


def test_the_files_in_the_order_of_their_times() -> None:
    found = changed_files(traces(("trace-files", FILES)))
    assert [(each.path, each.written, each.placed, each.package) for each in found] == [
        ("/etc/sysctl.d/a b.conf", NOW - 90, NOW - 90, "procps"),
        ("/usr/local/sbin/own", NOW - 60, NOW - 50, ""),
    ]


def test_what_a_file_said_before_it_was_written_is_not_known() -> None:
    host = traces(("trace-files", FILES))
    assert known_from(host, ("/usr/local/sbin/own", "/usr/local/sbin/other")) == NOW - 60
    assert known_from(host, ("/usr/local/sbin/other",)) == 0

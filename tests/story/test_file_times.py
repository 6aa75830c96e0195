"""The times of files."""

from hairpin.story.file_times import changed_files, known_from
from tests.story.recorded import NOW, traces

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

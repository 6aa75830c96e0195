"""Lines of the journal and of syslog."""

import json

from hairpin.evidence.reading import Reading
from hairpin.story.clock import HostClock
from hairpin.story.line import lines_of
from tests.rows import each_row
from tests.story.recorded import BEGUN, BOOT, NOW, entry

CLOCK = HostClock(NOW, 0)


def read(text: str) -> Reading:
    return Reading("e5", "trace-syslog", "", "/var/log/syslog", "", 0, "text", text)


SYSLOG: dict[str, tuple[str, tuple[str, str, str]]] = {
    "a year-less time": ("Nov 20 14:00:01 web1 sudo[77]:    ann : TTY=pts/0", ("sudo", "77", "   ann : TTY=pts/0")),
    "RFC 3339": ("2026-11-20T14:00:01.5+00:00 web1 systemd[1]: Started x.", ("systemd", "1", "Started x.")),
    "the kernel's uptime": (
        "Nov 20 14:00:01 web1 kernel: [   12.345] eth0: Link is Up",
        ("kernel", "", "eth0: Link is Up"),
    ),
    "busybox": (
        "Nov 20 14:00:01 web1 authpriv.notice sudo:      ann : TTY=pts/0",
        ("sudo", "", "     ann : TTY=pts/0"),
    ),
    "a program in brackets": (
        "Nov  2 14:00:01 web1 /usr/sbin/cron[9]: (root) CMD (true)",
        ("/usr/sbin/cron", "9", "(root) CMD (true)"),
    ),
}


@each_row(("text", "expected"), SYSLOG.values(), ids=SYSLOG)
def test_syslog(text: str, expected: tuple[str, str, str]) -> None:
    (line,) = lines_of(read(text), CLOCK)
    assert (line.program, line.pid, line.message) == expected


def test_the_journal() -> None:
    (line,) = lines_of(read(entry(5, "systemd", "Started docker.service.", "docker.service")), CLOCK)
    assert (line.at, line.uptime, line.boot, line.unit) == (BEGUN + 5, 5, BOOT, "docker.service")


def test_a_message_that_is_no_text_is_an_array_of_bytes() -> None:
    told = {"__REALTIME_TIMESTAMP": "1000000", "MESSAGE": [72, 105, 255]}
    (line,) = lines_of(read(json.dumps(told)), CLOCK)
    assert line.message == "Hi\ufffd"


@each_row(
    "text",
    (
        "",
        "# truncated: the newest 4000 lines",
        "{broken",
        '{"MESSAGE":"no time"}',
        '{"__REALTIME_TIMESTAMP":"1","MESSAGE":null}',
    ),
)
def test_what_has_no_time_or_no_text_is_left_out(text: str) -> None:
    assert lines_of(read(text), CLOCK) == ()


def test_lines_are_in_the_order_of_time() -> None:
    lines = lines_of(read(f"{entry(9, 'a', 'later')}\n{entry(3, 'a', 'sooner')}"), CLOCK)
    assert [each.message for each in lines] == ["sooner", "later"]

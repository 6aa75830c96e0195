"""A log's line: its time, and the program's own words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from hairpin.explain.line import (
    NOBODY,
    Clock,
    Speaker,
    decode,
    has_prefix,
    readable,
    speaker_of,
    time_of,
    without_prefix,
)
from tests.rows import each_row

NOW = Clock(datetime(2026, 11, 26, 12, tzinfo=UTC))
WORDS = "iptables failed: no"
AT = datetime(2026, 11, 26, 0, 3, 28, tzinfo=UTC)

LINES: dict[str, tuple[str, datetime | None]] = {
    "journal, short": (f"Nov 26 00:03:28 host1 dockerd[812]: {WORDS}", AT),
    "journal, short-precise": (f"Nov 26 00:03:28.000000 host1 dockerd[812]: {WORDS}", AT),
    "journal, short-iso": (f"2026-11-26T00:03:28+0000 host1 dockerd[812]: {WORDS}", AT),
    "journal, short-full": (f"Thu 2026-11-26 00:03:28 UTC host1 dockerd[812]: {WORDS}", AT),
    "journal, short-unix": (f"1795651408.000000 host1 dockerd[812]: {WORDS}", AT),
    "journal, kernel": (f"Nov 26 00:03:28 host1 kernel: {WORDS}", AT),
    "syslog, RFC 3164": (f"<34>Nov 26 00:03:28 host1 dockerd[812]: {WORDS}", AT),
    "syslog, RFC 5424": (f"<34>1 2026-11-26T00:03:28.000Z host1 dockerd 812 ID47 - {WORDS}", AT),
    "dmesg": (f"[   12.345678] {WORDS}", None),
    "dmesg -T": (f"[Thu Nov 26 00:03:28 2026] {WORDS}", AT),
    "dmesg -x": (f"kern  :warn  : [   12.345678] {WORDS}", None),
    "docker logs -t": (f"2026-11-26T00:03:28.000000000Z {WORDS}", AT),
    "dockerd": (f'time="2026-11-26T00:03:28Z" level=error msg="{WORDS}"', AT),
    "another zone": (f"2026-11-26T01:03:28+01:00 {WORDS}", AT),
    "Go's log": (f"2026/11/26 00:03:28 {WORDS}", AT),
    "Python's log": (f"2026-11-26 00:03:28,000 {WORDS}", AT),
    "klog": (f"E1126 00:03:28.123456   12345 server.go:123] {WORDS}", None),
    "compose": (f"web-1  | {WORDS}", None),
    "compose with times": (f"web-1  | 2026-11-26T00:03:28.000000000Z {WORDS}", AT),
    "json-file": (f'{{"log":"{WORDS}\\n","stream":"stderr","time":"2026-11-26T00:03:28Z"}}', AT),
    "journal, json": (f'{{"__REALTIME_TIMESTAMP":"1795651408000000","MESSAGE":"{WORDS}"}}', AT),
    "a program's JSON": (f'{{"level":"error","ts":1795651408.0,"msg":"{WORDS}"}}', AT),
    "colours": (f"\x1b[31mNov 26 00:03:28 host1 dockerd[812]:\x1b[0m {WORDS}", AT),
    "a quoted mail": (f"> > {WORDS}", None),
    "nothing before": (WORDS, None),
}


@each_row(("line", "at"), LINES.values(), ids=LINES)
def test_words_and_time(line: str, at: datetime | None) -> None:
    text = decode(readable(line.encode()))
    assert time_of(text, NOW) == at
    assert without_prefix(text) == WORDS


def test_a_day_without_a_year_is_not_in_the_future() -> None:
    found = time_of("Dec 24 10:00:00 host1 sshd[1]: x", NOW)
    assert found == datetime(2025, 12, 24, 10, tzinfo=UTC)


def test_a_time_without_a_zone_is_the_clocks() -> None:
    clock = Clock(NOW.now, timezone(timedelta(hours=8)))
    assert time_of("2026/11/26 08:03:28 x", clock) == AT


@pytest.mark.parametrize("line", ("Feb 31 10:00:00 h a[1]: x", "2026-13-40 10:00:00 x", "99:99"))
def test_a_time_that_is_none(line: str) -> None:
    assert time_of(line, NOW) is None


def test_a_message_of_bytes_in_the_journal() -> None:
    assert readable(b'{"MESSAGE":[104,105,255]}') == b"hi\xff"


@pytest.mark.parametrize("line", (b'{"a":1}', b'{"broken', b'x {"msg":1} y', b'\xff\xfe{"\x00'))
def test_what_is_no_log_of_json_stays(line: bytes) -> None:
    assert readable(line) == line


def test_the_rest_of_a_wrapped_line_has_no_prefix() -> None:
    assert has_prefix("Nov 26 00:03:28 host1 dockerd[812]: x")
    assert not has_prefix("0.0.0.0:8080 failed: port is already allocated")


JOURNAL = '{"_HOSTNAME":"host1","SYSLOG_IDENTIFIER":"nginx","_PID":"812","MESSAGE":"x"}'
DRIVER = '{"CONTAINER_NAME":"web","_HOSTNAME":"host1","MESSAGE":"x"}'
RFC5424 = "<34>1 2026-11-26T00:03:28.000Z host1 nginx 812 ID47 - x"
LINES_SPEAKER: dict[str, tuple[str, Speaker]] = {
    "journal, short": ("Nov 26 00:03:28 host1 nginx[812]: x", Speaker("host1", "nginx")),
    "journal, short-iso": ("2026-11-26T00:03:28+0000 host1 nginx[812]: x", Speaker("host1", "nginx")),
    "journal, short-full": ("Thu 2026-11-26 00:03:28 UTC host1 nginx[812]: x", Speaker("host1", "nginx")),
    "journal, JSON": (JOURNAL, Speaker("host1", "nginx")),
    "the kernel": ("Nov 26 00:03:28 host1 kernel: x", Speaker("host1", "kernel")),
    "syslog, RFC 3164": ("<34>Nov 26 00:03:28 host1 nginx[812]: x", Speaker("host1", "nginx")),
    "syslog, RFC 5424": (RFC5424, Speaker("host1", "nginx")),
    "Docker's driver syslog": ("Nov 26 00:03:28 host1 docker/web[9]: x", Speaker("host1", "docker/web")),
    "Docker's driver journald": (DRIVER, Speaker("host1", "docker/web")),
    "Docker's driver fluentd": ('{"container_name":"/web","log":"x"}', Speaker(container="web")),
    "a program's own host name": ('{"hostname":"3f2a1b0c9d8e","pid":1,"msg":"x"}', Speaker("3f2a1b0c9d8e", "-")),
    "compose": ("web-1  | x", Speaker(container="web-1")),
    "compose with times": ("web-1  | 2026-11-26T00:03:28.000000000Z x", Speaker(container="web-1")),
    "a program and its id": ("nginx[812]: x", Speaker(program="nginx")),
    "nginx's own log": ("2026/11/26 00:03:28 [error] 29#29: *1 x", NOBODY),
    "Go's log": ("2026/11/26 00:03:28 http: proxy error: x", NOBODY),
    "dmesg": ("[   12.345678] x", NOBODY),
    "docker logs": ('{"log":"x\\n","stream":"stderr","time":"2026-11-26T00:03:28Z"}', NOBODY),
    "nothing before": ("dial tcp 10.0.0.5:80: i/o timeout", NOBODY),
}


@each_row(("line", "speaker"), LINES_SPEAKER.values(), ids=LINES_SPEAKER)
def test_speaker(line: str, speaker: Speaker) -> None:
    assert speaker_of(decode(readable(line.encode()))) == speaker

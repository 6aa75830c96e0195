"""Who printed a line, as its prefix says."""

import pytest

from hairpin.explain.line import decode, readable
from hairpin.explain.speaker import NOBODY, Speaker, speaker_of

JOURNAL = '{"_HOSTNAME":"host1","SYSLOG_IDENTIFIER":"nginx","_PID":"812","MESSAGE":"x"}'
DRIVER = '{"CONTAINER_NAME":"web","_HOSTNAME":"host1","MESSAGE":"x"}'
RFC5424 = "<34>1 2026-11-26T00:03:28.000Z host1 nginx 812 ID47 - x"
LINES: dict[str, tuple[str, Speaker]] = {
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


@pytest.mark.parametrize(("line", "speaker"), LINES.values(), ids=LINES)
def test_speaker(line: str, speaker: Speaker) -> None:
    assert speaker_of(decode(readable(line.encode()))) == speaker

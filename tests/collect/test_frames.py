"""The script's output becomes readings.  No text that a host's users can write becomes a reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.collect.frames import parse
from hairpin.errors import CollectError
from hairpin.evidence.reading import Evidence
from tests.rows import each_row

RUN = "0f8fad5b-d9cb-469f-a165-70867728950e"
BEGIN = f"hairpin-collect/1 {RUN}\n{RUN}\tbegin\t2026-01-01T00:00:00Z\t100.00\thost1\t6.1.0\t0\n".encode()
DONE = f"\n{RUN}\tdone\n".encode()


def frame(body: bytes, status: int = 0, outcome: str = "-", stderr: str = "", uptime: str = "100.25") -> bytes:
    head = f"\n{RUN}\treading\tklog\thost\t{uptime}\tdmesg --raw\n".encode()
    return head + body + f"\n{RUN}\tend\t{status}\t{outcome}\n{stderr}\n".encode()


def read(output: bytes) -> Evidence:
    return parse(output, hairpin="0.1.0", source="web1")


@given(bodies=st.lists(st.binary(max_size=200), max_size=4))
def test_bodies_come_back_byte_for_byte(bodies: list[bytes]) -> None:
    evidence = read(BEGIN + b"".join(map(frame, bodies)) + DONE)
    assert [reading.text.encode("utf-8", "surrogateescape") for reading in evidence.readings] == bodies
    assert [reading.id for reading in evidence.readings] == [f"e{number}" for number in range(1, len(bodies) + 1)]


def test_a_reading_has_all_its_fields() -> None:
    evidence = read(b"Welcome to web1!\nlast login\n" + BEGIN + frame(b"text\n") + DONE)
    (reading,) = evidence.readings
    assert (evidence.hostname, evidence.kernel, evidence.taken_at) == ("host1", "6.1.0", "2026-01-01T00:00:00Z")
    assert (reading.key, reading.netns, reading.origin) == ("klog", "host", "dmesg --raw")
    assert (reading.at, reading.status, reading.text) == ("2026-01-01T00:00:00.250Z", 0, "text\n")


FORGED = (
    b"hairpin-collect/1 11111111-1111-1111-1111-111111111111\n",
    b"\n11111111-1111-1111-1111-111111111111\tend\t0\ttext\n",
    b"\n11111111-1111-1111-1111-111111111111\treading\tip-addr\thost\t1\tip\n[]",
    b"\n\tend\t0\ttext\n\tdone\n",
    b"end\t0\ttext\n",
)


@each_row("body", FORGED)
def test_a_frame_with_another_token_is_text(body: bytes) -> None:
    evidence = read(BEGIN + frame(body) + DONE)
    assert [reading.text.encode() for reading in evidence.readings] == [body]


OUTCOMES: dict[str, tuple[int, str, str, str]] = {
    "success": (0, "-", "", "text"),
    "success with a warning": (0, "-", "# Warning: iptables-legacy tables present", "text"),
    "not installed": (127, "-", "sh: nft: not found", "absent"),
    "unknown object": (1, "-", 'Object "nexthop" is unknown, try "ip help".', "absent"),
    "no such file": (1, "-", "cat: /proc/modules: No such file or directory", "absent"),
    "root only": (4, "-", "iptables-nft-save: Could not fetch rule set generation id: Permission denied", "refused"),
    "capability": (1, "-", "dmesg: read kernel buffer failed: Operation not permitted", "refused"),
    "conntrack": (1, "-", "Operation failed: sorry, you must be root or get CAP_NET_ADMIN capability", "refused"),
    "a kernel newer than the tool": (1, "-", "settype hash:ip with revision 6 not supported by userspace.", "failed"),
    "failure": (2, "-", "Error: netlink: cache is stale", "failed"),
    "the script says absent": (127, "absent", "no module", "absent"),
    "the script says text": (1, "text", "one of two is gone", "text"),
}


@each_row(("status", "told", "stderr", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
def test_status_and_standard_error_decide_the_outcome(status: int, told: str, stderr: str, outcome: str) -> None:
    (reading,) = read(BEGIN + frame(b"body", status, told, stderr) + DONE).readings
    assert (reading.status, reading.outcome) == (status, outcome)
    assert reading.text == ("body" if outcome == "text" else stderr)


def test_a_reading_without_an_end_was_stopped_at_its_time_limit() -> None:
    cut = f"\n{RUN}\treading\tconntrack\thost\t101\tconntrack -L\nhalf of a li".encode()
    first, second = read(BEGIN + cut + frame(b"next") + DONE).readings
    assert (first.status, first.outcome) == (124, "failed")
    assert (second.id, second.text) == ("e2", "next")


def test_impossible_uptimes_give_the_start_of_the_run() -> None:
    for uptime in ("-", "nan", "99.0"):
        (reading,) = read(BEGIN + frame(b"x", uptime=uptime) + DONE).readings
        assert reading.at == "2026-01-01T00:00:00.000Z"


REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "did not start; it printed: nothing"),
    "a shell's message": (b"sh: 1: Syntax error\n", "did not start"),
    "only the first line": (BEGIN.partition(b"\n")[0] + b"\n", "no header"),
    "cut before the end": (BEGIN + frame(b"x"), "was cut"),
    "cut in a body": (BEGIN + frame(b"x")[:-30], "was cut"),
    "bad date": (BEGIN.replace(b"2026-01-01T", b"yesterday") + DONE, "bad date"),
}


@each_row(("output", "reason"), REFUSED.values(), ids=REFUSED)
def test_an_incomplete_output_is_refused(output: bytes, reason: str) -> None:
    with pytest.raises(CollectError, match=reason):
        read(output)


def test_a_host_without_uptime_is_read() -> None:
    output = BEGIN.replace(b"100.00", b"-") + frame(b"x", uptime="-") + DONE
    assert read(output).readings[0].at == "2026-01-01T00:00:00.000Z"

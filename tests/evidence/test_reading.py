"""Evidence is looked up by key and namespace, and has one id for one content."""

import msgspec

from hairpin.evidence.reading import SCHEMA, Evidence, Reading, lines_of, spelt

WEB = Reading("e1", "ip-addr", "container:web", "ip -j -d addr", "2026-01-01T00:00:00Z", 0, "text", "[]")
HOST = Reading("e2", "ip-addr", "host", "ip -j -d addr", "2026-01-01T00:00:00Z", 0, "text", "[{}]")
AGAIN = Reading("e3", "ip-addr", "host", "ip -j -d addr", "2026-01-01T00:00:01Z", 1, "failed", "gone")
FILE = Reading("e4", "file", "", "/etc/hosts", "2026-01-01T00:00:01Z", 0, "text", "127.0.0.1 localhost\n")
EVIDENCE = Evidence(SCHEMA, "0.1.0", "2026-01-01T00:00:00Z", "h", "6.1", (WEB, HOST, AGAIN, FILE))


def test_find_returns_the_first_reading_of_a_namespace() -> None:
    assert EVIDENCE.find("ip-addr", "host") is HOST
    assert EVIDENCE.find("ip-addr", "container:db") is None
    assert EVIDENCE.find("ip-addr", "") is None


def test_all_returns_every_reading_in_order() -> None:
    assert EVIDENCE.all("ip-addr") == (WEB, HOST, AGAIN)
    assert EVIDENCE.all("ip-addr", "host") == (HOST, AGAIN)
    assert EVIDENCE.all("klog") == ()


def test_by_id_and_file_return_one_reading_or_none() -> None:
    assert EVIDENCE.by_id("e3") is AGAIN
    assert EVIDENCE.by_id("e9") is None
    assert EVIDENCE.file("/etc/hosts") is FILE
    assert EVIDENCE.file("/etc/fstab") is None


def test_namespaces_start_with_the_host_and_leave_out_readings_without_one() -> None:
    assert EVIDENCE.namespaces() == ("host", "container:web")


def test_the_snapshot_id_changes_with_any_content() -> None:
    other = msgspec.structs.replace(EVIDENCE, readings=(WEB, HOST, AGAIN, msgspec.structs.replace(FILE, text="x")))
    same = msgspec.structs.replace(EVIDENCE)
    assert EVIDENCE.snapshot_id == same.snapshot_id
    assert EVIDENCE.snapshot_id.startswith("sha256:")
    assert EVIDENCE.snapshot_id != other.snapshot_id


def test_a_text_that_is_not_utf8_is_kept_as_base64() -> None:
    odd = msgspec.structs.replace(FILE, text=b"a\xff\n".decode("utf-8", "surrogateescape"))
    line = list(lines_of(msgspec.structs.replace(EVIDENCE, readings=(odd,))))[1]
    assert b'"text_base64":"Yf8K"' in line
    assert b'"text":' not in line


def test_bytes_that_are_no_text_are_spelt() -> None:
    assert spelt("café \udce9 网") == "café \\xe9 网"

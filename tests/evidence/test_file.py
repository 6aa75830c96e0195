"""A snapshot file gives back what was written, and anything else gives a reason, within bounds."""

import contextlib
import gzip
import hashlib
import io
import json
import stat
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.errors import EvidenceError
from hairpin.evidence import file
from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from tests.rows import each_row

HEADER = {"schema": SCHEMA, "hairpin": "0.1.0", "taken_at": "t", "hostname": "h", "kernel": "k"}
READING = {
    "id": "e1",
    "key": "klog",
    "netns": "",
    "origin": "dmesg",
    "at": "t",
    "status": 0,
    "outcome": "text",
    "text": "x",
}
WITHOUT_TEXT = {name: value for name, value in READING.items() if name != "text"}


def packed(*lines: object, trailer: object = None) -> bytes:
    """Return a snapshot of these lines (values are encoded, bytes stand as they are) with a right trailer."""
    content = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    end = {"count": len(lines) - 1, "sha256": hashlib.sha256(content).hexdigest()} if trailer is None else trailer
    return gzip.compress(content + (b"" if end == b"" else json.dumps(end).encode() + b"\n"))


def with_status(number: bytes) -> bytes:
    return json.dumps(READING).encode().replace(b'"status": 0', b'"status": ' + number) + b"\n"


def refusal(data: bytes) -> str:
    """Return the message that reading these bytes ends with."""
    with pytest.raises(EvidenceError) as caught:
        file.read_stream(io.BytesIO(data), source="s.hpn")
    return str(caught.value)


def evidence(*texts: str) -> Evidence:
    readings = (Reading(f"e{n}", "file", "", f"/etc/{n}", "t", 0, "text", text) for n, text in enumerate(texts, 1))
    return Evidence(SCHEMA, "0.1.0", "2026-01-01T00:00:00Z", "h", "6.1", tuple(readings))


ANY_BYTES_AS_TEXT = st.binary(max_size=300).map(lambda data: data.decode("utf-8", "surrogateescape"))


@given(texts=st.lists(ANY_BYTES_AS_TEXT, max_size=5))
def test_a_written_file_reads_back(texts: list[str]) -> None:
    """Bytes that are not UTF-8, NUL and newlines of every kind come back as they were."""
    stream = io.BytesIO()
    file.write_stream(evidence(*texts), stream)
    stream.seek(0)
    assert file.read_stream(stream, source="memory") == evidence(*texts)


def test_equal_evidence_gives_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        file.write(evidence("x", "y"), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert file.read(tmp_path / "a").snapshot_id == evidence("x", "y").snapshot_id


def test_a_snapshot_is_private_and_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "s.hpn"
    target.write_text("old")
    file.write(evidence("x"), target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["s.hpn"]


def test_unknown_fields_are_ignored() -> None:
    stream = io.BytesIO(packed({**HEADER, "more": [1]}, {**READING, "note": {"deep": []}}))
    assert file.read_stream(stream, source="s").readings[0].text == "x"


FOREIGN_OR_DAMAGED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not a hairpin snapshot"),
    "text": (b"*filter\n", "not a hairpin snapshot"),
    "other gzip": (gzip.compress(b"hello\n"), "not a hairpin snapshot"),
    "other json": (packed({"schema": "other/1"}), "its schema is 'other/1'"),
    "newer schema": (packed({**HEADER, "schema": "hairpin.evidence/2"}), "newer hairpin"),
    "older than any": (packed({**HEADER, "schema": "hairpin.evidence/0"}), "not a hairpin snapshot"),
    "huge schema number": (packed({**HEADER, "schema": "hairpin.evidence/" + "9" * 900}), "not a hairpin snapshot"),
    "bytes after the end": (packed(HEADER) + b"x", "content after the end"),
    "second member": (packed(HEADER) + packed(HEADER), "content after the end"),
    "lines after the last": (gzip.compress(gzip.decompress(packed(HEADER)) + b"{}\n"), "content after its last line"),
    "no trailer": (packed(HEADER, READING, trailer=b""), "truncated after 1 readings"),
    "half a line": (gzip.compress(gzip.decompress(packed(HEADER, READING))[:-9]), "truncated"),
    "checksum": (packed(HEADER, READING, trailer={"count": 1, "sha256": "0" * 64}), "checksum"),
    "count": (
        packed(HEADER, READING, trailer={"count": 2, "sha256": "0" * 64}),
        "it has 1 readings, but 2 were written",
    ),
    "same id twice": (packed(HEADER, READING, READING), "two readings are called e1"),
    "no text": (packed(HEADER, WITHOUT_TEXT), "either text or"),
    "both texts": (packed(HEADER, {**READING, "text_base64": "eA=="}), "either text or"),
    "base64": (packed(HEADER, {**WITHOUT_TEXT, "text_base64": "?"}), "not base64"),
    "outcome": (packed(HEADER, {**READING, "outcome": "maybe"}), "s.hpn:2: damaged"),
    "key": (packed(HEADER, {**READING, "key": "../../x"}), "s.hpn:2: damaged"),
    "huge number": (packed(HEADER, with_status(b"9" * 5000)), "s.hpn:2: damaged"),
    "exponent": (packed(HEADER, with_status(b"1e999999999")), "s.hpn:2: damaged"),
    "negative": (packed(HEADER, with_status(b"-1")), "s.hpn:2: damaged"),
    "deep nesting": (packed(HEADER, b'{"id":' + b"[" * 100_000 + b"\n"), "damaged"),
    "deep unknown field": (packed(HEADER, b'{"zz":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"), "damaged"),
    "lone surrogate": (packed(HEADER, b'{"id":"e1","text":"\\ud800"}\n'), "damaged"),
}


@each_row(("data", "reason"), FOREIGN_OR_DAMAGED.values(), ids=FOREIGN_OR_DAMAGED)
def test_anything_else_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    message = refusal(data)
    assert reason in message
    assert message.startswith("s.hpn")


@given(cut=st.integers(min_value=0))
def test_a_file_cut_anywhere_is_refused(cut: int) -> None:
    whole = packed(HEADER, READING)
    assert refusal(whole[: cut % len(whole)])


@given(position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_changed_bit_is_refused_or_changes_nothing(position: int, bit: int) -> None:
    """Bits of the gzip header (time, system) carry no content; every other one is under a checksum."""
    data = bytearray(packed(HEADER, READING))
    original = file.read_stream(io.BytesIO(bytes(data)), source="s")
    data[position % len(data)] ^= 1 << bit
    with contextlib.suppress(EvidenceError):
        assert file.read_stream(io.BytesIO(bytes(data)), source="s") == original


class Bomb(io.BytesIO):
    """A gzip stream that goes on for ever: a header line, then ``piece`` again and again."""

    def __init__(self, start: bytes, piece: bytes) -> None:
        super().__init__()
        self._packer = zlib.compressobj(wbits=31)
        self._start, self._piece = start, piece
        self._ready = b""

    def read(self, size: int | None = -1) -> bytes:
        wanted = max(size or 0, 1)
        while len(self._ready) < wanted:
            self._ready += self._packer.compress(self._start or self._piece * 4096)
            self._start = b""
        ready, self._ready = self._ready[:wanted], self._ready[wanted:]
        return ready


BOMBS: dict[str, tuple[bytes, str]] = {
    "one endless line": (b"A" * 256, "a line of more than"),
    "the same reading again": (json.dumps(READING).encode() + b"\n", "two readings are called e1"),
}


@pytest.mark.parametrize(("piece", "reason"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_bounded_memory(piece: bytes, reason: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(EvidenceError, match=reason):
            file.read_stream(Bomb(json.dumps(HEADER).encode() + b"\n", piece), source="s")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * file.LIMIT_LINE_BYTES


def test_many_lines_stop_at_the_limit_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "LIMIT_BYTES", 1 << 20)
    readings = ({**READING, "id": f"e{number}", "text": "x" * 1000} for number in range(1, 2000))
    assert "more than 1 MiB" in refusal(packed(HEADER, *readings))


def test_many_readings_stop_at_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "LIMIT_READINGS", 10)
    assert "more than 10 readings" in refusal(packed(HEADER, *({**READING, "id": f"e{n}"} for n in range(1, 12))))


UNREADABLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda folder: folder / "none", "No such file"),
    "directory": (lambda folder: folder, "Is a directory"),
}


@pytest.mark.parametrize(("place", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_opened_says_so(tmp_path: Path, place: Callable[[Path], Path], reason: str) -> None:
    with pytest.raises(EvidenceError, match=reason):
        file.read(place(tmp_path))


def test_a_place_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="cannot be written"):
        file.write(evidence("x"), tmp_path / "none" / "s.hpn")
    (tmp_path / "taken").mkdir()
    with pytest.raises(EvidenceError, match="cannot be written"):
        file.write(evidence("x"), tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_page_shows_the_lines_of_a_written_file() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/reference/evidence.md").read_text("utf-8")
    stream = io.BytesIO()
    file.write_stream(evidence("x"), stream)
    written = gzip.decompress(stream.getvalue()).decode().splitlines()
    shown = [line for line in page.splitlines() if line.startswith("{")]
    assert [list(json.loads(line)) for line in shown] == [list(json.loads(line)) for line in written]

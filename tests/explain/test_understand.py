"""Lines folded by what they mean: counted, with the first and the last time, in a bounded amount of memory."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from hairpin.explain.line import Clock
from hairpin.explain.understand import KINDS, Understood, understand
from tests.explain.texts import collected

NOW = Clock(datetime(2026, 11, 26, 12, tzinfo=UTC))
ALLOCATED = (
    "docker: Error response from daemon: driver failed programming external connectivity on endpoint web "
    "(3b8c1b1c6a0c): Bind for 0.0.0.0:8080 failed: port is already allocated."
)


def read(lines: Iterable[str]) -> Understood:
    return understand((each.encode() for each in lines), NOW)


def test_equal_lines_are_one() -> None:
    line = "Nov 26 0{}:00:00 h kernel: [ 1{}.5] nf_conntrack: table full, dropping packet"
    found = read(line.format(hour, hour) for hour in range(1, 10)).found
    assert [(each.entry.id, each.count, each.line) for each in found] == [("conntrack-full", 9, 1)]
    assert found[0].first_at == datetime(2026, 11, 26, 1, tzinfo=UTC)
    assert found[0].last_at == datetime(2026, 11, 26, 9, tzinfo=UTC)
    assert found[0].quote == "nf_conntrack: table full, dropping packet"


def test_a_reversed_journal_has_its_times_in_order() -> None:
    line = "Nov 26 0{}:00:00 h kernel: nf_conntrack: table full, dropping packet"
    (found,) = read(line.format(hour) for hour in (5, 4, 3)).found
    assert found.first_at is not None
    assert found.last_at is not None
    assert (found.first_at.hour, found.last_at.hour) == (3, 5)


def test_several_ports_of_one_form_are_kept() -> None:
    (found,) = read(f"Bind for 0.0.0.0:{port} failed: port is already allocated" for port in (80, 443, 8080)).found
    assert found.targets == ("80", "443", "8080")
    assert found.count == 3


def wrap(text: str, width: int) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)]


@pytest.mark.parametrize("width", (60, 72, 80, 100))
def test_a_line_wrapped_by_the_terminal(width: int) -> None:
    found = read(wrap(ALLOCATED, width))
    assert [each.entry.id for each in found.found] == ["docker-port-allocated"]
    assert found.unknown == ()


def test_a_line_wrapped_by_a_mail() -> None:
    lines = (
        "> docker: Error response from daemon: driver failed programming external",
        "> connectivity on endpoint web (3b8c1b1c6a0c): Bind for 0.0.0.0:8080 failed: port is",
        "> already allocated.",
    )
    assert [each.entry.id for each in read(lines).found] == ["docker-port-allocated"]


def test_lines_behind_one_another_are_not_joined() -> None:
    lines = ("Nov 26 01:00:00 h a[1]: port is already", "Nov 26 01:00:01 h a[1]: allocated")
    assert read(lines).found == ()


def test_what_means_nothing_is_kept_by_its_kind() -> None:
    found = read(f"worker {number} done" for number in range(50))
    assert [(each.quote, each.count) for each in found.unknown] == [("worker 0 done", 50)]
    assert found.rest == 0


def test_memory_is_bounded() -> None:
    """Ten thousand kinds of lines leave twenty, and no more forms of a found text than are told apart."""
    letters = random.Random(7)  # noqa: S311 - the same on each run
    words = ["".join(letters.choices("ghijklmnopqrstuvwxyz", k=9)) for _ in range(10_000)]
    found = read(f"unknown {word} happened" for word in words)
    assert (len(found.unknown), found.rest) == (KINDS, 10_000 - KINDS)
    many = read(f"{word}: Could not resolve host: {word}" for word in words)
    assert len(many.found) <= 64
    assert sum(each.count for each in many.found) == 10_000


@pytest.mark.parametrize("text", ("", "\n", "   ", "\x1b[0m"))
def test_nothing(text: str) -> None:
    assert read(text.split("\n")).lines == 0


def test_any_bytes_are_read() -> None:
    """Bytes that are no text, halves of JSON and escape sequences are read without an error."""
    draw = random.Random(11)  # noqa: S311 - the same on each run
    texts = [text.encode() for _, text in collected()]
    for _ in range(300):
        line = bytearray(draw.choice(texts))
        for _ in range(draw.randrange(8)):
            line[draw.randrange(len(line))] = draw.randrange(256)
        understand((bytes(line), b'{"log":"' + bytes(line), bytes(line[: draw.randrange(len(line))])), NOW)

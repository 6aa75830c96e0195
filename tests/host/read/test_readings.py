"""Readings by key, and the missing ones."""

from functools import partial
from pathlib import Path

import msgspec
import pytest

from hairpin.collect.snapshot import load
from hairpin.errors import ParseError
from hairpin.evidence.reading import CUT, HOST, NOT_JSON, UNSHOWN, Evidence, Outcome, Place, Reading
from hairpin.host.read.parse import parse
from hairpin.host.read.readings import Name, Part, Readings, as_before, lacking, user_of
from tests.host.fixture_evidence import evidence
from tests.rows import each_row

UNREAD: dict[str, tuple[str, Outcome, str, bool]] = {  # as snapshots told it before there was a status for it
    "read": ("ip-addr", "text", "[]", False),
    "refused": ("ip-addr", "refused", "Permission denied\nmore", True),
    "failed": ("ip-addr", "failed", "", True),
    "not there": ("ebtables", "absent", "ebtables is not installed", False),
    "spare": ("netns-ids", "failed", "", False),
}


@each_row(("key", "outcome", "text", "unread"), UNREAD.values(), ids=UNREAD)
def test_unread(key: str, outcome: Outcome, text: str, unread: bool) -> None:
    readings = Readings(evidence((key, HOST, "origin", text), outcome=outcome))
    assert readings.unread_in(HOST) == ((key,) if unread else ())
    assert [(item.evidence, item.origin) for item in readings.unread] == ([("e1", "origin")] if unread else [])
    assert readings.unread_in("container:web") == ()


def test_the_reason_is_the_error_and_no_warning_before_it() -> None:
    warning = 'time="2026-11-30T22:23:58Z" level=warning msg="\\"/\\" is not a shared mount"'
    error = "Error: cannot set up namespace using newuidmap: exit status 1"
    both, alone = (
        Readings(evidence(("podman-containers", HOST, "podman ps", text), outcome="failed"))
        for text in (f"{warning}\n{error}\nmore", warning)
    )
    assert [str(each.reason) for each in both.unread] == [error]
    assert [str(each.reason) for each in alone.unread] == [warning]


STATUSES: dict[str, tuple[Outcome, int, bool, bool]] = {
    "no such tool": ("absent", 127, False, False),
    "in the kernel, and no tool for it": ("absent", UNSHOWN, True, False),
    "no JSON": ("failed", NOT_JSON, True, True),
    "failed otherwise": ("failed", 1, True, False),
}


@pytest.mark.parametrize(("outcome", "status", "unread", "not_json"), STATUSES.values(), ids=STATUSES)
def test_the_status_decides_whatever_the_words(outcome: Outcome, status: int, unread: bool, not_json: bool) -> None:
    found = evidence(("daemon-json", HOST, "origin", "any words"), outcome=outcome)
    given = (msgspec.structs.replace(each, status=status) for each in found.readings)
    readings = Readings(msgspec.structs.replace(found, readings=tuple(given)))
    assert bool(readings.unread) is unread
    assert readings.is_not_json("daemon-json") is not_json


def test_a_reason_is_one_line_and_never_empty() -> None:
    refused = Readings(evidence(("a", HOST, "x", "Permission denied\nmore"), outcome="refused"))
    failed = Readings(evidence(("a", HOST, "x", ""), outcome="failed"))
    assert [item.reason for item in (*refused.unread, *failed.unread)] == ["Permission denied", "failed"]


def text_or_error(reading: Reading) -> tuple[str, ...]:
    if reading.text == "bad":
        raise ParseError("bad text", source=reading.origin, line=3)
    return (reading.text,)


def test_a_reading_that_is_not_understood_is_left_out_and_noted() -> None:
    readings = Readings(evidence(("a", HOST, "x", "one"), ("a", HOST, "y", "bad"), ("a", HOST, "z", "two")))
    assert readings.all_understood(readings.of("a", HOST), text_or_error) == ("one", "two")
    assert [(item.origin, str(item.reason)) for item in readings.unread] == [("y", "y:3: bad text")]


def test_first_of_a_key_in_its_namespace() -> None:
    readings = Readings(evidence(("a", "", "x", "1"), ("a", HOST, "y", "2"), ("a", HOST, "z", "3")))
    first = readings.first("a", HOST)
    assert first is not None
    assert (first.text, first.id) == ("2", "e2")
    assert readings.first("b", HOST) is None
    assert [reading.text for reading in readings.of("a")] == ["1"]


def test_no_reading_is_the_default() -> None:
    readings = Readings(evidence())
    default: tuple[str, ...] = ("default",)
    assert readings.understood(None, text_or_error, default) == default
    assert readings.unread == ()


def test_only_text_is_handed_out() -> None:
    whole = evidence(("a", HOST, "x", "1"))
    closed = msgspec.structs.replace(whole, readings=(msgspec.structs.replace(whole.readings[0], outcome="refused"),))
    assert Readings(closed).of("a", HOST) == ()


A, B = ("a", HOST), ("b", HOST)


def made_of(readings: Readings, text: str = "") -> str:
    """Return one part of another, of the first reading of both keys and of an input."""
    inner = readings.part(("inner",), lambda: "".join(each.text for each in readings.of(*A)))
    return readings.part(("outer",), lambda: f"{inner}{readings.of(*B)[0].text}{text}", inner, text)


AGAIN: dict[str, tuple[frozenset[Place], str, bool]] = {
    "nothing has changed": (frozenset(), "", True),
    "what nobody asked for": (frozenset({("c", HOST), ("a", "container:web")}), "", True),
    "what it asks for": (frozenset({B}), "", False),
    "an input": (frozenset(), "!", False),
}


@pytest.mark.parametrize(("changed", "text", "kept"), AGAIN.values(), ids=AGAIN)
def test_a_part_is_made_again_if_an_input_has_changed(changed: frozenset[Place], text: str, kept: bool) -> None:
    read = evidence((*A, "x", "1"), (*B, "y", "2"))
    first = Readings(read)
    assert made_of(first) == "12"
    other = evidence((*A, "x", "1"), (*B, "y", "3"))  # what `changed` does not say is not looked at
    assert made_of(Readings(other, first.parts, changed), text) == ("12" if kept else f"13{text}")


def test_a_reading_that_a_part_did_not_understand_is_unread_each_time() -> None:
    read = evidence((*A, "x", "bad"))
    parts: tuple[tuple[Name, Part], ...] = ()
    for _ in range(3):
        readings = Readings(read, parts)
        readings.part(("it",), partial(readings.all_understood, readings.of(*A), text_or_error))
        parts = readings.parts
        assert [str(item.reason) for item in readings.unread] == ["x:3: bad text"]
        assert readings.unread_in(HOST) == ("a",)


FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
HEALTHY = load(FIXTURES / "healthy" / "two-networks.hairpin")


def without(key: str, netns: str) -> Evidence:
    kept = tuple(each for each in HEALTHY.readings if (each.key, each.netns) != (key, netns))
    return msgspec.structs.replace(HEALTHY, readings=kept)


CASES: dict[str, tuple[str, str, bool]] = {
    "rules of the host": ("iptables-nft-save4", "host", True),
    "routes of the host": ("ip-route4", "host", True),
    "links of a container": ("ip-addr", "container:db", True),
    "which containers there are": ("docker-containers", "", True),
    "whether Podman is there": ("podman-version", "", True),
    "what only some collectors read": ("kernel-counters", "host", False),
    "what is read where there is some": ("klog", "", False),
}


@pytest.mark.parametrize(("key", "netns", "lacks"), CASES.values(), ids=CASES)
def test_a_reading_that_is_not_there_is_lacking_if_every_collector_makes_it(
    key: str, netns: str, *, lacks: bool
) -> None:
    netns = netns if netns != "container:db" else next(each for each in HEALTHY.namespaces() if ":" in each)
    found = [(each.key, each.netns) for each in lacking(without(key, netns))]
    assert found == ([(key, netns)] if lacks else [])


def test_what_is_lacking_is_unread_in_its_namespace() -> None:
    host = parse(without("iptables-nft-save4", "host"))
    assert host.namespace("host").unread == ("iptables-nft-save4",)
    assert [(each.key, each.host) for each in host.unread] == [("iptables-nft-save4", host.name)]


@each_row("path", sorted(FIXTURES.rglob("*.hairpin"))[::7], ids=lambda each: each.stem)
def test_no_collector_has_left_one_out(path: Path) -> None:
    assert list(lacking(load(path))) == []


def test_what_somebody_wrote_by_hand_lacks_the_others_on_purpose() -> None:
    assert list(lacking(evidence(("ip-addr", "host", "ip -j -d addr", "[]")))) == []


def test_a_text_that_the_time_limit_has_cut_is_used_and_unread() -> None:
    cut = tuple(msgspec.structs.replace(each, status=CUT) if (each.key, each.netns) == ("sockets", "host") else each
                for each in HEALTHY.readings)  # fmt: skip
    host = parse(msgspec.structs.replace(HEALTHY, readings=cut))
    assert host.namespace("host").sockets
    assert host.namespace("host").unread == ("sockets",)


class Two(msgspec.Struct, frozen=True):
    one: tuple[int, ...]
    other: tuple[int, ...]


def test_an_equal_part_is_the_one_before() -> None:
    before = Two((1,), (2,))
    assert as_before(before, Two((1,), (2,))) is before
    assert as_before((1, 2), (1, 3)) == (1, 3)


def test_fields_that_have_not_changed_are_those_before() -> None:
    before = Two(tuple(range(3)), (2,))
    after = as_before(before, Two(tuple(range(3)), (3,)))
    assert after == Two((0, 1, 2), (3,))
    assert after.one is before.one


def test_each_user_whose_podman_answered_should_list_the_containers() -> None:
    """The collector ends a slow engine's requests: then it has no reading for what it did not ask any more."""
    whole = load(FIXTURES / "podman" / "rootless-and-root.hairpin")
    assert list(lacking(whole)) == []
    kept = (each for each in whole.readings if (each.key, user_of(each)) != ("podman-containers", "ann"))
    found = tuple(lacking(msgspec.structs.replace(whole, readings=tuple(kept))))
    assert [(each.key, each.origin) for each in found] == [("podman-containers", "runuser -u ann -- podman")]

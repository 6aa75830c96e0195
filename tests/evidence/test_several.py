"""Several hosts in one question: their labels and reading ids, one machine given twice, ages."""

import msgspec

from hairpin.evidence.reading import SCHEMA, Evidence, Reading
from hairpin.evidence.several import NotRead, Source, age_notes, identity_of, together
from hairpin.host.read.parse import parse
from hairpin.message import message
from tests.rows import each_row

NOON = "2026-01-01T12:00:00Z"


def reading(number: int, key: str, text: str) -> Reading:
    return Reading(f"e{number}", key, "", key, NOON, 0, "text", text)


def host(
    name: str, machine: str = "", boot: str = "", at: str = NOON, collected_at: str = "", label: str = ""
) -> Evidence:
    texts = {"os-release": f"ID={name}\n", "machine-id": machine, "boot-id": boot}
    readings = tuple(reading(number, key, text) for number, (key, text) in enumerate(texts.items(), 1) if text)
    return Evidence(SCHEMA, "0", at, name, "6.1", readings, collected_at, label)


LABELS: dict[str, tuple[tuple[Source, ...], tuple[str, ...]]] = {
    "names": ((host("a"), host("b")), ("a", "b")),
    "a second equal name": ((host("a", "1"), host("a", "2"), host("a", "3")), ("a", "a#2", "a#3")),
    "given": ((host("a", label="near"), host("b")), ("near", "b")),
    "given twice": ((host("a", label="x"), host("b", label="x")), ("x", "x#2")),
    "one that was not read": ((host("a"), NotRead("a", "--host a", message("nothing"))), ("a", "a#2")),
}


@each_row(("sources", "labels"), LABELS.values(), ids=LABELS)
def test_labels_are_unique(sources: tuple[Source, ...], labels: tuple[str, ...]) -> None:
    found = together(sources)
    assert tuple(each.name if isinstance(each, Evidence) else each.label for each in found) == labels


def test_reading_ids_are_unique_and_those_of_the_first_host_stay() -> None:
    first, second = (each for each in together((host("a"), host("b"))) if isinstance(each, Evidence))
    assert [each.id for each in first.readings] == ["e1"]
    assert [each.id for each in second.readings] == ["b:e1"]


def test_labels_are_no_content() -> None:
    plain = host("b", "1", "2")
    _, labelled = together((host("a"), plain))
    assert isinstance(labelled, Evidence)
    assert labelled.snapshot_id == plain.snapshot_id


def test_a_host_is_called_by_its_label_and_knows_which_machine_it_is() -> None:
    found = parse(host("b", "1", "2", label="near"))
    assert (found.name, found.machine_id, found.boot_id) == ("near", "1", "2")
    assert identity_of(host("b")) == ("", "")


AGES: dict[str, tuple[tuple[Evidence, ...], list[str]]] = {
    "within a minute": ((host("a"), host("b", at="2026-01-01T12:01:00Z")), []),
    "older": ((host("a"), host("b", at="2026-01-01T12:01:01Z")), ["a was read 61 s"]),
    "by the clock of the machine that read them": (
        (host("a", at="2020-01-01T00:00:00Z", collected_at=NOON), host("b", collected_at=NOON)), [],
    ),
    "no time": ((host("a", at=""), host("b")), []),
    "alone": ((host("a"),), []),
    "a time without a zone is UTC": ((host("a"), host("b", at="2026-01-01T12:02:00")), ["a was read 120 s"]),
}  # fmt: skip


@each_row(("hosts", "notes"), AGES.values(), ids=AGES)
def test_a_snapshot_older_than_a_minute_is_noted(hosts: tuple[Evidence, ...], notes: list[str]) -> None:
    found = [str(each) for each in age_notes(hosts)]
    assert len(found) == len(notes)
    assert all(text.startswith(note) for text, note in zip(found, notes, strict=True))


def test_the_time_of_collecting_is_content() -> None:
    assert msgspec.structs.replace(host("a"), collected_at=NOON).snapshot_id != host("a").snapshot_id

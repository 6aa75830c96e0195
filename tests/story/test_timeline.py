"""The story of a host that was recorded."""

import msgspec

from hairpin.evidence.redact import redact
from hairpin.story.logs.boots import boots_of
from hairpin.story.timeline import read_at, story_of
from hairpin.story.traces import traces_of
from tests.story.recorded import NOW, evidence, journal, lab


def test_the_story_begins_with_the_boot_before_this_one() -> None:
    told = story_of((lab(),), None)
    assert told.since == boots_of(traces_of(lab()))[-2].begins
    assert told.entries[0].kind == "boot"
    assert [each.at for each in told.entries] == sorted(each.at for each in told.entries)


def test_a_boot_long_ago_is_not_waited_for() -> None:
    assert story_of((evidence(),), None).since == NOW - 7 * 86400


def test_the_asked_time_counts() -> None:
    whole, later = story_of((lab(),), 0), story_of((lab(),), read_at((lab(),)) - 120)
    assert len(whole.entries) > len(later.entries) > 0
    assert all((each.until or each.at) >= later.since for each in later.entries)


def test_two_hosts_are_told_together() -> None:
    started = journal((5, "systemd", "Started ssh.service.", "ssh.service"))
    other = msgspec.structs.replace(evidence(("trace-units", started)), label="b")
    told = story_of((msgspec.structs.replace(lab(), label="a"), other), 0)
    assert {each.host for each in told.entries} == {"a", "b"}


def test_every_entry_has_its_reading() -> None:
    told = story_of((lab(),), 0)
    assert all(lab().by_id(each.evidence) is not None for each in told.entries)
    assert all(lab().by_id(each.by.evidence) is not None for each in told.entries if each.by is not None)


def test_a_redacted_recording_tells_the_same_story() -> None:
    """Names and addresses are others; what happened, and what it does, are the same."""
    plain, redacted = story_of((lab(),), 0), story_of((redact(lab(), b"key"),), 0)
    assert [(each.at, each.kind) for each in plain.entries] == [(each.at, each.kind) for each in redacted.entries]
    assert [each.effect and each.effect.event for each in plain.entries] == [
        each.effect and each.effect.event for each in redacted.entries
    ]

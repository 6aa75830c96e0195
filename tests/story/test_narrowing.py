"""The part of a story that concerns the asked targets."""

import pytest

from hairpin.errors import UsageError
from hairpin.evidence.reading import moment
from hairpin.question.target import parse_target
from hairpin.story.narrowing import narrow, parse_since
from hairpin.story.timeline import story_of
from tests.rows import each_row
from tests.story.recorded import NOW, lab

STORY = story_of((lab(),), None)
TARGETS: dict[str, set[str]] = {"web": {"web"}, "web:80": {"web"}, "8151": {"web"}, "8152": set(), "db": {"db"}}


@each_row(("target", "containers"), TARGETS.items(), ids=TARGETS)
def test_other_containers_are_left_out(target: str, containers: set[str]) -> None:
    found = narrow(STORY, (lab(),), (parse_target(target),))
    assert {each.subject for each in found.entries if each.kind == "container"} == containers
    assert sum(each.kind == "unit" for each in found.entries) == sum(each.kind == "unit" for each in STORY.entries)
    named = {each.effect.name for each in found.entries if each.effect is not None and each.effect.name}
    assert named <= containers


def test_without_targets_all_is_told() -> None:
    assert narrow(STORY, (lab(),), ()) is STORY


def test_an_unknown_container_is_refused() -> None:
    with pytest.raises(UsageError, match="no container 'wbe' is known here"):
        narrow(STORY, (lab(),), (parse_target("wbe"),))


CASES: dict[str, str] = {
    "2h": "2026-11-26T11:33:20Z",
    "90 minutes ago": "2026-11-26T12:03:20Z",
    "3d": "2026-11-23T13:33:20Z",
    "1 week": "2026-11-19T13:33:20Z",
    "today": "2026-11-26T00:00:00Z",
    "yesterday": "2026-11-25T00:00:00Z",
    "2026-11-20 14:00": "2026-11-20T14:00:00Z",
    "2026-11-20": "2026-11-20T00:00:00Z",
    "2026-11-20T14:00:00+01:00": "2026-11-20T13:00:00Z",
    "2026-11-20T14:00:00Z": "2026-11-20T14:00:00Z",
    "9:30": "2026-11-26T09:30:00Z",
}


@each_row(("text", "expected"), CASES.items(), ids=CASES)
def test_forms(text: str, expected: str) -> None:
    assert parse_since(text, NOW) == moment(expected)


@each_row("text", ("", "soon", "2026-13-01", "99999999999999d", "h"))
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        parse_since(text, NOW)


def test_a_time_ahead_is_refused() -> None:
    with pytest.raises(UsageError, match="later than the time"):
        parse_since("2027-01-01", NOW)

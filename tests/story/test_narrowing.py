"""The part of a story that concerns the asked targets."""

import pytest

from hairpin.errors import UsageError
from hairpin.question.target import parse_target
from hairpin.story.narrowing import narrow
from hairpin.story.timeline import story_of
from tests.story.recorded import lab

STORY = story_of((lab(),), None)
TARGETS: dict[str, set[str]] = {"web": {"web"}, "web:80": {"web"}, "8151": {"web"}, "8152": set(), "db": {"db"}}


@pytest.mark.parametrize(("target", "containers"), TARGETS.items(), ids=TARGETS)
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

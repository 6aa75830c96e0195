"""A story's change under a running guard: who did it, and when (root).

A sample of ``python -m tests.watched``, which has all stories.
"""

import pytest

from tests.watched.stories import STORIES, Story
from tests.watched.trial import replay
from tests.whole import WHOLE


@WHOLE
@pytest.mark.parametrize(
    "story", [each for each in STORIES if each.name == "network-restart"], ids=lambda each: each.name
)
def test_who_and_when(story: Story) -> None:
    result = replay(story)
    assert not result.void, result.void
    assert (result.who, result.behind, result.when, result.what) == ("right", True, True, True), result

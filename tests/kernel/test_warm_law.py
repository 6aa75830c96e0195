"""A sample of the law of warm answers (``python -m tests.warm`` has all of it)."""

import random

from hairpin.lab.build import running_lab
from tests.warm.law import CHANGES, PLAN, differences, running_guard
from tests.whole import WHOLE

SAMPLE = tuple(random.Random(61).sample(CHANGES, 2))  # noqa: S311 - the same ones each time


@WHOLE
def test_a_warm_answer_is_the_cold_one() -> None:
    with running_lab(PLAN) as lab, running_guard(lab):
        assert tuple(differences(lab, SAMPLE)) == ()

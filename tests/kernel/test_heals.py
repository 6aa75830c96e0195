"""On a real host, a guard heals what broke, and does not fight for it (root).

A sample of ``python -m tests.heals``.
"""

import random

from tests.heals.fight import MOST, fought
from tests.heals.site import running_site
from tests.heals.times import timed
from tests.whole import WHOLE


@WHOLE
def test_a_break_is_healed_and_a_fight_ends() -> None:
    with running_site() as site:
        (one,) = timed(site, 1, random.Random(0))  # noqa: S311
    assert one.wrong == ()
    assert one.seconds > 0
    with running_site(MOST) as site:
        assert fought(site).wrong == ()

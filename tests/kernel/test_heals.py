"""On a real host, a guard heals what broke, and does not fight for it (root).

A sample of ``python -m tests.heals``.
"""

from tests.heals.fight import MOST, fought
from tests.heals.site import running_site
from tests.whole import WHOLE


@WHOLE
def test_a_break_is_healed_and_a_fight_ends() -> None:
    with running_site(MOST) as site:
        assert fought(site).wrong == ()

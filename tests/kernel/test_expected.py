"""A break is told by the line that ``init`` wrote, with its cause, and harmless changes are not told (root).

A sample of ``python -m tests.expected``, which has sixty breaks and twenty hosts.
"""

import pytest

from hairpin.lab.scenario import named
from tests.expected.trial import try_break, try_harmless
from tests.whole import thinned

BREAKS = ("ip-forward-off.egress", "docker-user-drops", "masquerade-missing", "shared-namespace-left")
CHANGES = ("a rule shifted", "a container restarted with a new address", "a duplicate accept rule", "counters")


@pytest.mark.parametrize("name", thinned(BREAKS, 2))
def test_a_break_is_told_with_the_right_line_and_cause(name: str) -> None:
    result = try_break(named(name))
    assert (result.misses, result.void) == ((), ""), result
    assert result.told


def test_harmless_changes_are_not_told() -> None:
    result = try_harmless(named("healthy-plain"), CHANGES)
    assert (result.misses, result.void, result.changes) == ((), "", len(CHANGES)), result

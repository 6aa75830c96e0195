"""A sample of the hosts of ``make today``, on trixie: one of each engine.

The folder of trixie takes three minutes to make, which a machine that has run nothing yet does not have within the time
of ``make test``: there, ``make today`` or ``--whole`` makes it.
"""

import pytest

from tests.today.hosts import hosts
from tests.today.roots import folder_of, root_of
from tests.today.trial import examined

SAMPLE = ("podman nftables", "podman rootless", "docker")


@pytest.mark.parametrize("name", SAMPLE)
def test_each_flow_of_a_healthy_host_is_as_predicted(name: str, pytestconfig: pytest.Config) -> None:
    if not folder_of("trixie").is_dir() and not pytestconfig.option.whole:
        pytest.skip("`make today` has not made the folder of trixie")
    host = next(each for each in hosts() if each.title == f"trixie {name}")
    result = examined({"trixie": root_of("trixie")}, frozenset({"flows"}), host)
    assert not result.trouble
    assert not result.wrong
    assert not result.alarms
    assert result.passing > result.flows / 3

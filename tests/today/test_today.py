"""A sample of the hosts of ``make today``, on trixie: one of each engine."""

import pytest

from tests.today.hosts import hosts
from tests.today.roots import root_of
from tests.today.trial import examined

SAMPLE = ("podman nftables", "podman rootless", "docker")


@pytest.mark.parametrize("name", SAMPLE)
def test_each_flow_of_a_healthy_host_is_as_predicted(name: str) -> None:
    host = next(each for each in hosts() if each.title == f"trixie {name}")
    result = examined({"trixie": root_of("trixie")}, frozenset({"flows"}), host)
    assert not result.trouble
    assert not result.wrong
    assert not result.alarms
    assert result.passing > result.flows / 3

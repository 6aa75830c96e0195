"""Ranges that a text names and that a route to a bridge covers."""

import pytest

from hairpin.suppose.hints.said_ranges import inside_the_pools, overlapping_ranges
from tests.rows import each_row
from tests.suppose.test_ordinary import host

_ROUTES = """\
$ ip route
default via 10.3.0.1 dev eth0
10.3.0.0/24 dev eth0 proto kernel scope link src 10.3.0.4
10.0.0.0/8 dev eth1 scope link
172.28.0.0/16 dev br-5d1e7c902ab4 proto kernel scope link src 172.28.0.1
"""


def _causes(said: str, routes: str = _ROUTES) -> list[str]:
    told = host(routes)
    assert told.told is not None
    lines = ((1, said),)
    return [each.cause for each in (*overlapping_ranges(lines, told, told.told), *inside_the_pools(lines, told.told))]


@each_row(
    ("said", "cause"),
    (
        ("The LAN is 172.28.0.0/16", "bridge-subnet-overlaps-route"),
        ("My LAN is 172.28.0.0\\16.", "bridge-subnet-overlaps-route"),
        ("公司内网是 172.28.0.0/16", "bridge-subnet-overlaps-route"),
        ("Das Firmennetz hat 172.28.4.0/24", "bridge-subnet-overlaps-route"),
        ("the office's server has 172.28.4.7", "bridge-subnet-overlaps-route"),
        ("the registry at 10.21.x.y is behind a VPN", "route-diverts-traffic"),
    ),
)
def test_a_route_covers_what_is_elsewhere(said: str, cause: str) -> None:
    assert cause in _causes(said)


@pytest.mark.parametrize(
    "said",
    (
        "the container's address is 172.28.0.2",
        "my LAN is 10.3.0.0/24",
        "the LAN is 192.168.1.0/24",
        "version 172.28.0.1.5 of the VPN",
    ),
)
def test_other_addresses_overlap_nothing(said: str) -> None:
    assert _causes(said) == []


def test_an_address_of_the_pools_is_elsewhere() -> None:
    assert _causes("our database server at 172.17.15.220", "") == ["bridge-subnet-overlaps-route"]
    assert _causes("the container has 172.17.15.220", "") == []
    assert _causes("our database server at 172.17.0.3", "") == []
    assert _causes("our database server at 192.168.5.3", "") == []
    assert _causes("host-address=172.17.15.220 of the server", "") == []


def test_a_route_into_an_engines_bridge_contradicts_the_words_without_a_failure() -> None:
    def causes(said: str) -> list[str]:
        told = host(_ROUTES)
        assert told.told is not None
        return [each.cause for each in overlapping_ranges(((1, said),), told, told.told, has_failure=False)]

    assert causes("My LAN is 172.28.0.0/16.") == ["bridge-subnet-overlaps-route"]
    assert causes("the registry at 10.21.x.y is behind a VPN") == []
    assert causes("My LAN is 10.3.0.0/24.") == []


def test_an_address_in_the_first_pool_weighs_more() -> None:
    def weights(said: str) -> list[int]:
        told = host("")
        assert told.told is not None
        return [each.weight for each in inside_the_pools(((1, said),), told.told)]

    assert weights("公司内网的数据库 172.17.8.73 连不上")[0] > weights("our database server at 172.23.8.73")[0]
    assert weights("容器的IP 172.17.8.73 连不上") == []

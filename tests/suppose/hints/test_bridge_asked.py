"""Who is looked for on a bridge and not found: a machine elsewhere, or a container whose link is not there."""

import pytest

from hairpin.suppose.hints.bridge_asked import asked_on_a_bridge
from tests.rows import each_row
from tests.suppose.test_ordinary import RUN, network

_PING = """\
$ ping {0}
PING {0} ({0}) 56(84) bytes of data.
From {1} icmp_seq=1 Destination Host Unreachable

--- {0} ping statistics ---
3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 2003ms
"""
_ROUTES = """\
$ ip route
default via 10.8.0.1 dev ens3
10.8.0.0/24 dev ens3 proto kernel scope link src 10.8.0.5
172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1
"""


def _found(text: str, lines: tuple[tuple[int, str], ...] = ()) -> list[str]:
    host = network(RUN + "\n" + text).hosts[0]
    assert host.told is not None
    return [each.cause for each in asked_on_a_bridge(lines, host, host.told)]


@each_row(
    ("asked", "by", "causes"),
    (
        ("172.17.52.18", "172.17.0.1", ["bridge-subnet-overlaps-route"]),
        ("172.17.0.2", "172.17.0.1", ["veth-detached-from-bridge"]),
        ("172.17.90.237", "172.17.0.4", ["bridge-subnet-overlaps-route"]),  # a container names itself
        ("10.8.0.77", "10.8.0.5", []),
        ("172.17.52.18", "10.8.0.1", []),
    ),
)
def test_a_bridge_answers_that_it_finds_nobody(asked: str, by: str, causes: list[str]) -> None:
    assert _found(_PING.format(asked, by)) == causes


@pytest.mark.parametrize(
    ("line", "causes"),
    (
        ("172.17.109.204 dev docker0 src 172.17.0.1", ["bridge-subnet-overlaps-route"]),
        ("172.17.109.204 dev ens3 src 10.8.0.5", []),
    ),
)
def test_a_route_leads_to_a_bridge(line: str, causes: list[str]) -> None:
    assert _found("", ((4, line),)) == causes


@pytest.mark.parametrize(
    ("asked", "causes"), (("172.17.109.204", ["bridge-subnet-overlaps-route"]), ("172.16.109.204", []))
)
def test_no_route_to_host_of_an_address_that_a_told_bridge_covers(asked: str, causes: list[str]) -> None:
    error = f"dial tcp {asked}:554: connect: no route to host\n"
    assert _found(_ROUTES + "\n" + error) == causes

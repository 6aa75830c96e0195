"""The asked flow together with the text."""

import pytest

from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.pasted.text import evidence_in_texts
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_origin, parse_target
from hairpin.suppose.hints.asked_ways import (
    asks_inside_a_machine,
    asks_itself,
    asks_the_bridge,
    asks_without_address,
    closed_by_ufw,
)
from hairpin.suppose.hints.hint import prose_of
from hairpin.suppose.hints.told_names import SURE
from tests.rows import each_row
from tests.suppose.test_ordinary import RUN, network

_NODE = "Error: connect ECONNREFUSED 127.0.0.1:6379\n"
_OTHER_NAME = "Error: getaddrinfo ENOTFOUND cache\n"
_UFW = """\
$ sudo ufw status
Status: active

To                         Action      From
--                         ------      ----
{}                     ALLOW       Anywhere
OpenSSH                    ALLOW       Anywhere
"""


def _asked(whole: Network, target: str, origin: str = "") -> tuple[Flow, ...]:
    return flows_for(whole, (parse_target(target),), parse_origin(origin) if origin else None)


def _itself(text: str, target: str, origin: str = "web") -> list[str]:
    whole = network(RUN, text)
    told = whole.hosts[0].told
    assert told is not None
    return [each.cause for each in asks_itself(told, _asked(whole, target, origin))]


def test_a_container_that_asks_localhost_asks_itself() -> None:
    assert _itself(_NODE + _OTHER_NAME, "localhost:6379") == ["loopback-is-the-container"]


def test_another_port_or_name_is_not_the_asked_one() -> None:
    assert _itself(_NODE, "localhost:6380") == []
    assert _itself(_OTHER_NAME, "localhost:6379") == []
    assert _itself(_NODE, "localhost:6379", "host") == []


_REDIS = "Error 99 connecting to {}:6379. Cannot assign requested address.\n"


def _without(text: str) -> list[tuple[str, int]]:
    told = network(RUN, text).hosts[0].told
    assert told is not None
    return [(each.cause, each.weight) for each in asks_without_address(told)]


def test_a_client_without_an_address_for_localhost_asks_its_own_container() -> None:
    assert _without(_REDIS.format("localhost")) == [("loopback-is-the-container", SURE)]
    assert _without("dial tcp [::1]:5432: connect: cannot assign requested address\n") == [
        ("loopback-is-the-container", SURE)
    ]


def test_each_container_has_127_0_0_1_so_it_is_less_sure() -> None:
    assert [weight < SURE for _, weight in _without(_REDIS.format("127.0.0.1"))] == [True]


def test_another_target_or_error_says_nothing_of_localhost() -> None:
    assert _without(_REDIS.format("redis")) == []
    assert _without("Error 111 connecting to localhost:6379. Connection refused.\n") == []


def _bridge(text: str, target: str, origin: str = "web") -> list[str]:
    whole = network(RUN, text)
    told = whole.hosts[0].told
    assert told is not None
    prose = prose_of(enumerate(text.splitlines(), 1))
    return [each.cause for each in asks_the_bridge(prose, told, _asked(whole, target, origin))]


@pytest.mark.parametrize(
    "text",
    (
        "aardvark-dns listens on 10.9.3.1. In the container no name is resolved.",
        "From the container I cannot reach docker0 (10.9.3.1), it times out.",
        "the gateway of the network is 10.9.3.1, and pings of it get no answer from the container",
    ),
)
def test_the_bridge_is_asked_from_a_container(text: str) -> None:
    assert _bridge(text, "10.9.3.1:53") == ["input-drops-host-service"]


def test_other_addresses_are_no_bridge() -> None:
    assert _bridge("In the container the database 10.9.3.1 times out.", "10.9.3.1:5432") == []
    assert _bridge("docker0 has 10.9.3.10, nothing answers in the container", "10.9.3.1:53") == []
    assert _bridge("aardvark-dns runs on 10.9.3.1. All is well.", "10.9.3.1:53") == []
    assert _bridge("aardvark-dns runs on 10.9.3.1. No name is resolved.", "10.9.3.1:53", "host") == []


def _ufw(row: str, target: str, text: str = _UFW) -> list[str]:
    evidence = evidence_in_texts((text.format(row),))
    whole = network(text.format(row), target=target)
    return [each.cause for each in closed_by_ufw((evidence,), whole.hosts[0], _asked(whole, target))]


def test_ufw_opens_no_port_of_a_service_of_the_host() -> None:
    assert _ufw("443   ", "6443") == ["input-drops-host-service"]
    assert _ufw("80,443/tcp", "10250") == ["input-drops-host-service"]


@each_row("row", ("6443  ", "6000:6500/tcp", "Anywhere", "80,6443/tcp", "6443 on eth0"))
def test_ufw_opens_the_port(row: str) -> None:
    assert _ufw(row, "6443") == []


def test_ufw_says_nothing_about_published_ports_and_when_it_is_off() -> None:
    assert _ufw("443   ", "8080") == []
    assert _ufw("", "6443", "$ sudo ufw status\nStatus: inactive\n") == []
    assert _ufw("443   ", "22") == []


@each_row(
    ("said", "target", "found"),
    (
        ("rootless podman with slirp4netns", "10.0.2.77:23", 1),
        ("Docker Desktop on a Mac", "192.168.65.40:80", 1),
        ("colima start", "192.168.5.9:80", 1),
        ("rootless podman with slirp4netns", "10.0.3.77:23", 0),
        ("rootless podman with slirp4netns", "10.0.2.2:23", 0),  # the host, by slirp4netns itself
        ("podman as root", "10.0.2.77:23", 0),
    ),
)
def test_an_address_in_the_range_of_the_own_link(said: str, target: str, found: int) -> None:
    whole = network(RUN)
    told = whole.hosts[0].told
    assert told is not None
    hints = list(asks_inside_a_machine(prose_of(((1, said),)), told, _asked(whole, target)))
    assert len(hints) == found
    assert all(target.partition(":")[0] in str(each.means) for each in hints)


def test_a_masked_address_is_in_no_range() -> None:
    whole = network(RUN, "curl: (7) Failed to connect to 10.0.2.999 port 80: Connection refused\n")
    told = whole.hosts[0].told
    assert told is not None
    assert list(asks_inside_a_machine(prose_of(((1, "rootless"),)), told, ())) == []

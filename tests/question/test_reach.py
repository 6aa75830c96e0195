"""Who reaches what, as a person writes it, and the flows of it."""

import pytest

from hairpin.errors import UnknownNameError, UsageError
from hairpin.network.flow import FromContainer, Outside
from hairpin.network.prefix import address_text
from hairpin.question.asked import Origin, Target
from hairpin.question.reach import Reach, flows_of, parse_reach
from tests.report.answers import network
from tests.rows import each_row

REACHES: dict[tuple[str, str], Reach] = {
    ("8080/tcp", "outside"): Reach(Target(8080, "tcp"), None, (Origin("outside"),)),
    ("web:80", "container:api"): Reach(Target(80, container="web"), None, (Origin("container", container="api"),)),
    ("internet", "network:app_default"): Reach(None, "internet", network="app_default"),
    ("names", "host"): Reach(None, "names", (Origin("host"),)),
    ("8080", "network:app@node2"): Reach(Target(8080), None, network="app", host="node2"),
    ("8080", "192.0.2.0/30"): Reach(
        Target(8080), None, tuple(Origin("address", 4, 0xC0000200 + each) for each in (1, 2))
    ),
}
REFUSED: dict[tuple[str, str], str] = {
    ("internet", "outside"): "internet is asked from containers or the host, and not from 'outside'",
    ("8080", "network:"): "names no network; write network:NAME",
    ("8080", "192.0.2.0/33"): "'192.0.2.0/33' is not a network; write ADDRESS/LENGTH",
    ("80801", "outside"): "ports are 1 to 65535",
}


@each_row("asked", REACHES.items())
def test_read(asked: tuple[tuple[str, str], Reach]) -> None:
    (what, origin), expected = asked
    assert parse_reach(what, origin) == expected


@each_row("asked", REFUSED.items())
def test_refused(asked: tuple[tuple[str, str], str]) -> None:
    (what, origin), reason = asked
    with pytest.raises(UsageError) as error:
        parse_reach(what, origin)
    assert reason in str(error.value)


def test_a_network_of_addresses_is_three_clients() -> None:
    flows = flows_of(network(), parse_reach("8080", "203.0.113.0/24"))
    clients = [address_text(each.start.address, 4) for each in flows if isinstance(each.start, Outside)]
    assert clients == ["203.0.113.1", "203.0.113.127", "203.0.113.254"]


def test_a_network_of_an_engine_is_its_running_containers() -> None:
    running = {each.name for each in network().this.containers() if each.running and each.endpoints}
    found = [flow for each in ("bridge",) for flow in flows_of(network(), parse_reach("internet", f"network:{each}"))]
    senders = {each.start.name for each in found if isinstance(each.start, FromContainer)}
    assert senders
    assert senders <= running


def test_a_network_that_no_engine_has() -> None:
    with pytest.raises(UnknownNameError, match="this host has no network 'gone'"):
        flows_of(network(), parse_reach("internet", "network:gone"))

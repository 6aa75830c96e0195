"""Each fact that hairpin lacks has its words on the command line."""

import pytest

from hairpin.report.wanted import option_of
from hairpin.wanted import Wanted, ask_container, ask_from, ask_port, read_host, state_public, state_return_route

CASES: dict[str, tuple[Wanted, str]] = {
    "a host": (read_host("198.51.100.12"), "--host 198.51.100.12"),
    "a node that nobody knows": (read_host(""), "--host NODE"),
    "a public address": (state_public("203.0.113.7"), "--public 203.0.113.7"),
    "of an address": (state_public("203.0.113.7", "198.51.100.2"), "--public 203.0.113.7=198.51.100.2"),
    "of a host": (state_public("203.0.113.7", "198.51.100.2", "node2"), "--public 203.0.113.7=198.51.100.2@node2"),
    "a route": (state_return_route("10.0.0.0/8"), '--outside FILE, with [[return_route]] network = "10.0.0.0/8"'),
    "a port": (ask_port(8151, "udp"), "hairpin check 8151/udp"),
    "a container": (ask_container("web", 80), "hairpin check web:80"),
    "a container whose name nobody knows": (ask_container("", 80), "hairpin check NAME:80"),
    "a client": (ask_from("192.0.2.10"), "--from 192.0.2.10"),
}


@pytest.mark.parametrize(("wanted", "option"), CASES.values(), ids=CASES)
def test_option(wanted: Wanted, option: str) -> None:
    assert option_of(wanted) == option

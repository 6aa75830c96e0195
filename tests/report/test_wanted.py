"""Each fact that hairpin lacks has its words on the command line."""

import re
from collections.abc import Iterator
from inspect import getmembers, isfunction
from typing import get_args, get_type_hints

from hairpin import wanted
from hairpin.report.wanted import option_of
from hairpin.wanted import (
    Fact,
    Wanted,
    ask_container,
    ask_for_download,
    ask_for_long_answers,
    ask_from,
    ask_hardware_address,
    ask_port,
    read_host,
    read_log,
    state_peer,
    state_public,
    state_return_route,
    watch_frames,
    watch_port,
)
from tests.filled import filled
from tests.rows import each_row

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
    "packets of a port": (watch_port("tcp", 8151), "tcpdump -ni any 'tcp port 8151'"),
    "echo requests": (watch_port("icmp", 0), "tcpdump -ni any 'icmp'"),
    "frames": (watch_frames("eth0", "02:42:c6:33:64:c0"), "tcpdump -eni eth0 'ether dst 02:42:c6:33:64:c0'"),
    "long answers": (ask_for_long_answers("198.51.100.1", 1472), "ping -c 3 -s 1472 198.51.100.1"),
    "a download": (
        ask_for_download("nsenter -t 42 -n "),
        "nsenter -t 42 -n curl -m 20 -o /dev/null URL_OF_A_LARGE_FILE",
    ),
    "a hardware address": (ask_hardware_address("198.51.100.1", "eth0"), "arping -c 1 -I eth0 198.51.100.1"),
    "a hardware address over IPv6": (ask_hardware_address("fe80::1", "eth0"), "ndisc6 -1 fe80::1 eth0"),
    "a router": (
        state_peer("0.0.0.0/0", "198.51.100.0/24", "eth0"),
        '--outside FILE, with [[peer]] network = "0.0.0.0/0", link = "eth0", accepts = ["198.51.100.0/24"]',
    ),
    "a log": (read_log("podman logs web"), "podman logs web"),
    "a client": (ask_from("192.0.2.10"), "--from 192.0.2.10"),
}


@each_row(("fact", "option"), CASES.values(), ids=CASES)
def test_option(fact: Wanted, option: str) -> None:
    assert option_of(fact) == option


def made() -> Iterator[Wanted]:
    """Yield a fact of each function of the module."""
    for _, make in getmembers(wanted, lambda each: isfunction(each) and each.__module__ == wanted.__name__):
        hints = get_type_hints(make)
        hints.pop("return")
        yield make(**{name: filled(hint, "x", 7) for name, hint in hints.items()})


def test_each_fact_has_a_function_and_its_words() -> None:
    words = {each.fact: option_of(each) for each in made()}
    assert set(words) == set(get_args(Fact))
    assert [fact for fact, said in words.items() if not re.search("[x7]", said)] == []

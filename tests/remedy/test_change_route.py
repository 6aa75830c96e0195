"""Routes last where the host's network is configured."""

import pytest

from hairpin.change.change import AddRoute
from hairpin.host.route import NextHop, Route
from hairpin.remedy.change_route import configured_by
from tests.remedy.situations import HOST_NETNS, network, remedy

FILES: dict[str, tuple[tuple[str, ...], str]] = {
    "netplan": (("/etc/netplan/01.yaml",), "for netplan (/etc/netplan/01.yaml)"),
    "ifupdown": (("/etc/network/interfaces",), "for ifupdown (/etc/network/interfaces)"),
    "two at once": (
        ("/etc/netplan/01.yaml", "/etc/systemd/network/a.network"),
        "for netplan, systemd-networkd (/etc/netplan/01.yaml, /etc/systemd/network/a.network)",
    ),
    "unknown": ((), "where this host's network is configured"),
}


@pytest.mark.parametrize(("paths", "words"), FILES.values(), ids=FILES)
def test_who_configures_the_network(paths: tuple[str, ...], words: str) -> None:
    assert str(configured_by(network(*((path, "") for path in paths)).this)).endswith(words)


def test_a_route_is_added_now() -> None:
    part = AddRoute(HOST_NETNS, Route(4, 0x0A000000, 8, next_hops=(NextHop("eth0", 0xC6336401, 4),)))
    told = remedy(network(), part)
    assert (told.id, told.commands) == ("change-route", ("ip route add 10.0.0.0/8 via 198.51.100.1 dev eth0",))

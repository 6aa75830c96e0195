"""What networkd configures keeps its addresses and routes by drop-ins, which networkd reads as they were meant."""

import msgspec
import pytest

from hairpin.change.change import AddEntry, DeleteEntry
from hairpin.host.boot.link_settings import of_network_file
from hairpin.host.boot.systemd_network import unit_files
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile, Unit
from hairpin.host.route import NextHop, Route
from hairpin.network.network import Network
from hairpin.remedy.boot.networkd_file import by_networkd
from tests.remedy.situations import HOST_NETNS, network, remedy, said, situation

OWN = "[Match]\nName=eth0\n[Network]\nAddress=198.51.100.11/24\n"
RUNS = Unit("systemd-networkd.service", "active", "enabled")
NETPLAN = "/run/systemd/network/10-netplan-eth0.network"

GATEWAY = NextHop("eth0", 0xC6336401, 4)
ROUTES: dict[str, Route] = {
    "by a gateway": Route(4, 0x0A000000, 8, next_hops=(GATEWAY,), protocol="static"),
    "default": Route(4, 0, 0, next_hops=(GATEWAY,), metric=100, protocol="static"),
    "on the link": Route(4, 0x0A000000, 8, next_hops=(NextHop("eth0"),), scope="link", protocol="static"),
    "of a table": Route(4, 0x0A000000, 8, 77, next_hops=(GATEWAY,), prefsrc=0xC633640B, protocol="static"),
    "of IPv6": Route(
        6, 0x20010DB8 << 96, 32, next_hops=(NextHop("eth0", 0xFE80 << 112 | 1, 6),), metric=1024, protocol="static"
    ),
    "a smaller MTU": Route(
        4, 0x0A000000, 8, next_hops=(msgspec.structs.replace(GATEWAY, onlink=True),), mtu_bytes=1400, protocol="static"
    ),
}


def host(*files: tuple[str, str], units: tuple[Unit, ...] = (RUNS,)) -> Network:
    return network(*(files or ((NETPLAN, OWN),)), units=units)


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_networkd_reads_the_route_as_it_was_meant(route: Route) -> None:
    found = host()
    kept = by_networkd((AddEntry(HOST_NETNS, route),), situation(found))
    assert kept is not None
    (file,) = kept.files
    assert file.path.startswith("/etc/systemd/network/10-netplan-eth0.network.d/90-hairpin-")
    whole = msgspec.structs.replace(found.this, files=(*found.this.files, ConfigFile(file.path, file.text or "")))
    (own,) = unit_files(whole, ".network")
    (read,) = of_network_file(own, "eth0", 252, int).routes
    assert read == route


def test_several_entries_of_a_link_share_a_file() -> None:
    address = Address("eth0", 4, 0xC000020A, 24)
    parts = (AddEntry(HOST_NETNS, address), AddEntry(HOST_NETNS, ROUTES["by a gateway"]))
    told = remedy(host(), *parts)
    (file,) = told.persist
    assert file.content == "[Address]\nAddress=192.0.2.10/24\n\n[Route]\nDestination=10.0.0.0/8\nGateway=198.51.100.1\n"
    written = host((NETPLAN, OWN), (file.file, file.content))
    again = remedy(written, *parts)
    assert again.keeping == ()
    assert f"{NETPLAN} has it already" in said(again)


def test_what_the_links_own_file_has_is_not_written_again() -> None:
    told = remedy(host(), AddEntry(HOST_NETNS, Address("eth0", 4, 0xC633640B, 24)))
    assert told.keeping == ()
    assert "it was taken away at run time" in said(told)


OTHERS: dict[str, Network] = {
    "networkd does not run": host(units=(msgspec.structs.replace(RUNS, active="inactive"),)),
    "the file is another link's": host((NETPLAN, OWN.replace("eth0", "eth7"))),
    "the link is not managed": host((NETPLAN, f"{OWN}[Link]\nUnmanaged=yes\n")),
    "no file was read": network(units=(RUNS,)),
}


@pytest.mark.parametrize("found", OTHERS.values(), ids=OTHERS)
def test_what_networkd_does_not_configure_has_no_drop_in(found: Network) -> None:
    assert by_networkd((AddEntry(HOST_NETNS, ROUTES["by a gateway"]),), situation(found)) is None


def test_what_no_file_says_has_no_drop_in() -> None:
    route = ROUTES["by a gateway"]
    parts = (
        DeleteEntry(HOST_NETNS, route),
        AddEntry(HOST_NETNS, msgspec.structs.replace(route, next_hops=(GATEWAY, GATEWAY))),
        AddEntry(HOST_NETNS, msgspec.structs.replace(route, type="blackhole", next_hops=())),
        AddEntry(HOST_NETNS, Address("eth0", 4, 0xC000020A, 24, nodad=True)),
        AddEntry(HOST_NETNS.sibling("container:web"), route),
    )
    assert [by_networkd((each,), situation(host())) for each in parts] == [None] * len(parts)

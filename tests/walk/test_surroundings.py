import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.socket import Socket
from hairpin.netfilter.packet import ICMP, SYN, TCP, Packet, Seen
from hairpin.walk.surroundings import NamespaceSurroundings
from tests.small_host import CLIENT, HOST_ADDRESS, WEB, host_namespace, route

HOST = NamespaceSurroundings(host_namespace())
PACKET = Packet(4, CLIENT, HOST_ADDRESS, TCP, sport=40000, dport=8151, tcp_flags=SYN)
SEEN = Seen(PACKET, iif="eth0")


def test_address_type() -> None:
    assert HOST.address_type(4, HOST_ADDRESS, None) == "local"
    assert HOST.address_type(4, WEB, None) == "unicast"
    assert HOST.address_type(4, HOST_ADDRESS, "docker0") == "unicast"


# source, link, loose, whether there is a way back
BACK: dict[str, tuple[int, str, bool, bool]] = {
    "by its link": (CLIENT, "eth0", False, True),
    "by another link": (CLIENT, "docker0", False, False),
    "by another link, loose": (CLIENT, "docker0", True, True),
    "a container by its bridge": (WEB, "docker0", False, True),
}


@pytest.mark.parametrize(("source", "link", "loose", "expected"), BACK.values(), ids=BACK)
def test_reverse_path(source: int, link: str, loose: bool, expected: bool) -> None:
    seen = Seen(msgspec.structs.replace(PACKET, saddr=source), iif=link)
    assert HOST.reverse_path(seen, loose=loose, use_mark=False) is expected


def test_no_way_back_at_all() -> None:
    nowhere = NamespaceSurroundings(Namespace("host"))
    assert not nowhere.reverse_path(SEEN, loose=True, use_mark=False)
    unreachable = msgspec.structs.replace(route("192.0.2.0/24", "eth0"), type="unreachable")
    refused = NamespaceSurroundings(host_namespace(routes=(unreachable,)))
    assert not refused.reverse_path(SEEN, loose=True, use_mark=False)


def test_owns_socket() -> None:
    assert HOST.owns_socket(SEEN, transparent=False) is True
    assert HOST.owns_socket(Seen(msgspec.structs.replace(PACKET, dport=1), iif="eth0"), transparent=False) is False
    assert HOST.owns_socket(Seen(Packet(4, CLIENT, HOST_ADDRESS, ICMP, icmp=2048)), transparent=False) is False
    unread = NamespaceSurroundings(Namespace("host", unread=("sockets",)))
    assert unread.owns_socket(SEEN, transparent=False) is None
    assert (
        NamespaceSurroundings(Namespace("h", sockets=(Socket("udp", 4, None, 8151),))).owns_socket(
            SEEN, transparent=False
        )
        is False
    )


def test_a_transparent_socket_is_none_of_docker_proxys() -> None:
    """What socket options others have is not read."""
    assert HOST.owns_socket(SEEN, transparent=True) is False
    server = NamespaceSurroundings(Namespace("h", sockets=(Socket("tcp", 4, None, 8151),)))
    assert server.owns_socket(SEEN, transparent=True) is None

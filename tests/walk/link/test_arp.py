import msgspec
import pytest

from hairpin.host.host import Host
from hairpin.host.link import Link
from hairpin.netfilter.packet import TCP, Packet
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, parse_address
from hairpin.walk.decided import SysctlDecided
from hairpin.walk.link.arp import arp_sender_address, arp_silence, is_mute, is_proxy, refusal, replies
from tests.rows import each_row
from tests.small_host import CLIENT, GATEWAY, HOST_ADDRESS, HOST_NETNS, WEB, host_namespace, route

LOOPBACK = parse_address("127.0.0.1")[1]


def host(**values: str) -> Network:
    """Return the small host with these sysctls of net/ipv4/conf: ``docker0__arp_ignore="1"``."""
    keys = {f"conf__{key}": value for key, value in values.items()}
    return Network((Host("test", namespaces=(host_namespace(values=keys),)),))


# sysctls, target and sender of the request, whether docker0 replies
QUESTIONS: dict[str, tuple[dict[str, str], int, int, bool]] = {
    "its own address": ({}, GATEWAY, WEB, True),
    "another link's": ({}, HOST_ADDRESS, WEB, True),
    "somebody else's": ({}, WEB, WEB + 1, False),
    "loopback's address asks": ({}, GATEWAY, LOOPBACK, False),
    "its own address asks": ({}, GATEWAY, HOST_ADDRESS, False),
    "arp_ignore 1: its own": ({"docker0__arp_ignore": "1"}, GATEWAY, CLIENT, True),
    "arp_ignore 1: another link's": ({"docker0__arp_ignore": "1"}, HOST_ADDRESS, WEB, False),
    "arp_ignore of all": ({"all__arp_ignore": "1"}, HOST_ADDRESS, WEB, False),
    "arp_ignore 2: the same network asks": ({"docker0__arp_ignore": "2"}, GATEWAY, WEB, True),
    "arp_ignore 2: another one asks": ({"docker0__arp_ignore": "2"}, GATEWAY, CLIENT, False),
    "arp_ignore 3: no address of scope host": ({"docker0__arp_ignore": "3"}, HOST_ADDRESS, WEB, True),
    "arp_ignore 8": ({"docker0__arp_ignore": "8"}, GATEWAY, WEB, False),
    "arp_filter: the way back is by the link": ({"docker0__arp_filter": "1"}, GATEWAY, WEB, True),
    "arp_filter: it is by another one": ({"docker0__arp_filter": "1"}, GATEWAY, CLIENT, False),
    "proxy_arp: another link leads there": ({"docker0__proxy_arp": "1"}, CLIENT, WEB, True),
    "proxy_arp of all": ({"all__proxy_arp": "1"}, CLIENT, WEB, True),
    "proxy_arp: the same link leads there": ({"docker0__proxy_arp": "1"}, WEB + 1, WEB, False),
    "proxy_arp_pvlan: the same link leads there": ({"docker0__proxy_arp_pvlan": "1"}, WEB + 1, WEB, True),
    "proxy_arp_pvlan: another link leads there": ({"docker0__proxy_arp_pvlan": "1"}, CLIENT, WEB, False),
    "proxy_arp without forwarding": ({"docker0__proxy_arp": "1", "docker0__forwarding": "0"}, CLIENT, WEB, False),
    "proxy_arp and a reverse path by another link": (
        {"docker0__proxy_arp": "1", "docker0__rp_filter": "1"},
        GATEWAY + 1,
        CLIENT,
        False,
    ),
    "another link leads there": ({}, CLIENT, WEB, False),
    "a reverse path by another link": ({"docker0__rp_filter": "1"}, GATEWAY, CLIENT, False),
}


@pytest.mark.parametrize(("values", "target", "source", "expected"), QUESTIONS.values(), ids=QUESTIONS)
def test_replies(values: dict[str, str], target: int, source: int, *, expected: bool) -> None:
    assert replies(host(**values), HOST_NETNS, "docker0", target, source) is expected


@pytest.mark.parametrize(
    ("values", "target", "expected"),
    (
        ({"docker0__proxy_arp": "1"}, CLIENT, True),
        ({"docker0__proxy_arp": "1"}, WEB, False),
        ({"docker0__proxy_arp_pvlan": "1"}, WEB, True),
        ({"docker0__proxy_arp": "1", "docker0__forwarding": "0"}, CLIENT, False),
        ({"eth0__proxy_arp": "1"}, CLIENT, False),
        ({}, CLIENT, False),
    ),
)
def test_a_proxy_answers_whoever_asks(values: dict[str, str], target: int, *, expected: bool) -> None:
    assert is_proxy(host(**values).namespace(HOST_NETNS), "docker0", target) is expected


def test_arp_filter_accepts_any_type_of_route_that_leaves_by_the_link() -> None:
    strange = msgspec.structs.replace(route(f"{address_text(WEB, 4)}/32", "docker0"), type="anycast")
    plain = host(docker0__arp_filter="1", docker0__accept_local="1").namespace(
        HOST_NETNS
    )  # believed without a question
    within = Network((Host("test", namespaces=(msgspec.structs.replace(plain, routes=(*plain.routes, strange)),)),))
    assert replies(within, HOST_NETNS, "docker0", GATEWAY, WEB)


@pytest.mark.parametrize(
    ("setting", "target", "source", "refused"),
    (
        ("1", GATEWAY, CLIENT, True),
        ("2", GATEWAY, CLIENT, False),
        ("0", GATEWAY, CLIENT, False),
        ("1", GATEWAY, WEB, False),
        ("1", WEB, CLIENT, False),
    ),
)
def test_a_strict_reverse_path_refuses_the_request_for_an_own_address(
    setting: str, target: int, source: int, *, refused: bool
) -> None:
    stop = refusal(host(docker0__rp_filter=setting), HOST_NETNS, "docker0", target, source)
    assert (stop is not None) is refused
    if stop is not None:
        assert (stop.reason, stop.stage, stop.address, stop.seen.packet.saddr) == (
            "rp-filter", "neighbour", target, source,
        )  # fmt: skip


# arp_announce, the packet's source, the sender that the question names
ANNOUNCED: dict[str, tuple[str, int, int]] = {
    "0: any of its own": ("0", HOST_ADDRESS, HOST_ADDRESS),
    "0: not what it forwards": ("0", CLIENT, GATEWAY),
    "1: of the neighbour's network": ("1", GATEWAY, GATEWAY),
    "1: not of another one": ("1", HOST_ADDRESS, GATEWAY),
    "2: the link's best": ("2", HOST_ADDRESS, GATEWAY),
}


@each_row(("level", "source", "expected"), ANNOUNCED.values(), ids=ANNOUNCED)
def test_announced(level: str, source: int, expected: int) -> None:
    namespace = host(docker0__arp_announce=level).namespace(HOST_NETNS)
    assert arp_sender_address(namespace, "docker0", Packet(4, source, WEB, TCP), WEB) == expected


# a link, and whether somebody has switched ARP off on it
LINKS: dict[str, tuple[Link, bool]] = {
    "a veth": (Link(2, "eth0", "veth", mac=5, flags=("BROADCAST", "NOARP", "UP")), True),
    "a network card": (Link(2, "eth0", mac=5, flags=("BROADCAST", "NOARP", "UP")), True),
    "a veth with ARP": (Link(2, "eth0", "veth", mac=5, flags=("BROADCAST", "UP")), False),
    "a tunnel that never has it": (Link(2, "wg0", "wireguard", flags=("POINTOPOINT", "NOARP", "UP")), False),
    "a modem": (Link(2, "wwan0", mac=5, flags=("POINTOPOINT", "NOARP", "UP")), False),
    "a dummy": (Link(2, "dummy0", "dummy", mac=5, flags=("BROADCAST", "NOARP", "UP")), False),
}


@pytest.mark.parametrize(("link", "expected"), LINKS.values(), ids=LINKS)
def test_a_link_with_arp_off(link: Link, *, expected: bool) -> None:
    assert is_mute(link) is expected


# sysctls, the asked address, and the value that keeps docker0 silent
SILENT: dict[str, tuple[dict[str, str], int, str | None]] = {
    "nothing": ({}, GATEWAY, None),
    "arp_ignore 8": ({"docker0__arp_ignore": "8"}, GATEWAY, "8"),
    "arp_ignore 8 of all": ({"all__arp_ignore": "8"}, GATEWAY, "8"),
    "arp_ignore 1 and an address of its own": ({"docker0__arp_ignore": "1"}, GATEWAY, None),
    "an address of another link, as load balancers have it": ({"docker0__arp_ignore": "8"}, HOST_ADDRESS, None),
}


@each_row(("values", "target", "expected"), SILENT.values(), ids=SILENT)
def test_what_keeps_a_link_silent(values: dict[str, str], target: int, expected: str | None) -> None:
    found = arp_silence(host(**values).namespace(HOST_NETNS), "docker0", target, WEB)
    assert getattr(found, "value", None) == expected
    stop = refusal(host(**values), HOST_NETNS, "docker0", target, WEB)
    assert (stop.reason if stop is not None else None) == ("no-neighbour" if expected else None)


def test_arp_filter_silences_a_link_for_a_machine_behind_another_link() -> None:
    stop = refusal(host(docker0__arp_filter="1"), HOST_NETNS, "docker0", GATEWAY, CLIENT)
    assert stop is not None
    assert isinstance(stop.decided_by, SysctlDecided)
    assert stop.decided_by.path[-1] == "arp_filter"
    assert refusal(host(docker0__arp_filter="1"), HOST_NETNS, "docker0", GATEWAY, WEB) is None

"""Links to namespaces and guests that were not read."""

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.network.network import Network
from hairpin.question.unread_ports import UnreadPort, bridges_of_guests, leads_to_unread, port_towards_unread
from tests.named_namespace_host import POD, inside, learned, whole, with_bridge
from tests.rows import each_row
from tests.small_host import HOST_NETNS, WEB, route


def guests(host: Namespace) -> Namespace:
    """Return the namespace in which the bridge's ports are taps of virtual machines."""
    return msgspec.structs.replace(
        host,
        links=tuple(
            msgspec.structs.replace(each, kind="tun", peer_index=None) if each.name.startswith("vethpod") else each
            for each in host.links
        ),
    )


def with_card(host: Namespace) -> Namespace:
    return msgspec.structs.replace(host, links=(*host.links, Link(30, "eth1", master="cni0")))


def routed(link: str, text: str) -> Namespace:
    host = with_bridge(addressless=True)
    links = tuple(msgspec.structs.replace(each, master=None) if each.name == link else each for each in host.links)
    return msgspec.structs.replace(host, links=links, routes=(*host.routes, route(text, link)))


LAN = route("10.0.0.0/8", "cni0", via="10.4.0.254")

PORTS: dict[str, tuple[Network, tuple[str, bool] | None]] = {
    "the only port": (whole(host=with_bridge()), ("vethpod0", True)),
    "one of two ports": (whole(host=with_bridge(ports=2)), ("vethpod0", False)),
    "the port that the bridge has learned": (
        whole(host=learned(with_bridge(ports=2), "vethpod1")), ("vethpod1", True),
    ),
    "a namespace that was read": (whole(inside()), None),
    "a tap": (whole(host=guests(with_bridge(ports=2))), ("vethpod0", False)),
    "a bridge with a card, too": (whole(host=with_card(with_bridge())), None),
    "a bridge with a card that has learned the port": (
        whole(host=learned(with_card(with_bridge()))), ("vethpod0", True),
    ),
    "a bridge that has learned the address at the card": (
        whole(host=learned(with_card(with_bridge()), "eth1")), None,
    ),
    "a bridge with a router behind it": (
        whole(host=msgspec.structs.replace(with_bridge(), routes=(*with_bridge().routes, LAN))), None,
    ),
    "a bridge without an address": (whole(host=with_bridge(addressless=True)), None),
    "a veth with a route to this address alone": (whole(host=routed("vethpod0", "10.4.0.2/32")), ("vethpod0", True)),
    "a veth into a network": (whole(host=routed("vethpod0", "10.4.0.0/16")), None),
}  # fmt: skip


@each_row(("net", "expected"), PORTS.values(), ids=PORTS)
def test_port_towards_unread(net: Network, expected: tuple[str, bool] | None) -> None:
    found = port_towards_unread(net, HOST_NETNS, 4, POD)
    assert (found and (found.link.name, found.known)) == expected


def test_an_engines_bridge_leads_to_the_containers_that_the_engine_lists() -> None:
    assert port_towards_unread(whole(), HOST_NETNS, 4, WEB + 5) is None


def test_a_known_virtual_machine_is_a_machine_of_its_own() -> None:
    assert UnreadPort(Link(1, "tap0", "tun"), known=True).is_decided
    assert not UnreadPort(Link(1, "tap0", "tun"), known=False).is_decided
    assert not UnreadPort(Link(1, "veth0", "veth"), known=True).is_decided


def test_leads_to_unread() -> None:
    host = with_bridge()
    by_name = {each.name: each for each in host.links}
    assert leads_to_unread(host, by_name["vethpod0"])
    assert not leads_to_unread(host, by_name["eth0"])
    default = msgspec.structs.replace(host, routes=(*host.routes, route("default", "cni0", via="10.4.0.254")))
    assert not leads_to_unread(default, by_name["vethpod0"])


def test_bridges_of_guests() -> None:
    assert bridges_of_guests(whole(host=with_bridge(addressless=True, ports=2)), HOST_NETNS) == ("cni0",)
    assert bridges_of_guests(whole(host=with_bridge(ports=1)), HOST_NETNS) == ()
    assert bridges_of_guests(whole(inside(), inside("other", POD + 1, 1)), HOST_NETNS) == ()

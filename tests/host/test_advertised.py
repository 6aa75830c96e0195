"""IPv6 routers that advertise themselves, and hosts that do not listen."""

import msgspec

from hairpin.host.advertised import (
    accept_ra,
    ending_default,
    has_lost_router,
    ignores_advertisements,
    ignores_as_router,
    refusing_setting,
    routers_on,
)
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import Neighbour
from hairpin.network.prefix import parse_address
from tests.rows import each_row
from tests.small_host import host_namespace, route

LINK = ("net", "ipv6", "conf", "eth0")
OWN = Address("eth0", 6, parse_address("2001:db8::11")[1], 64)
ULA = Address("eth0", 6, parse_address("fd00::11")[1], 64)
ROUTER = Neighbour("eth0", 6, parse_address("fe80::1")[1], 1, "STALE", router=True)


def host(accept: str = "1", forwarding: str = "1", own: Address = OWN, **changes: object) -> Namespace:
    made = host_namespace()
    sysctls = made.sysctls.with_value((*LINK, "accept_ra"), accept).with_value((*LINK, "forwarding"), forwarding)
    made = msgspec.structs.replace(made, sysctls=sysctls, addresses=(*made.addresses, own))
    return msgspec.structs.replace(made, **changes)


LOST: dict[str, tuple[Namespace, bool]] = {
    "it forwards, and would listen else": (host(), True),
    "it listens all the same": (host("2"), False),
    "it does not forward": (host(forwarding="0"), False),
    "it never listened": (host("0"), False),
    "private addresses": (host(own=ULA), False),
    "private addresses that came from a router": (host(own=msgspec.structs.replace(ULA, dynamic=True)), True),
    "an address that came from a router": (host("0", own=msgspec.structs.replace(OWN, dynamic=True)), True),
    "a neighbour is a router": (host("0", neighbours=(ROUTER,)), True),
    "no address": (host_namespace(), False),
    "it has a default route": (
        host(routes=(*host_namespace().routes, route("::/0", "eth0", via="2001:db8::1"))), False,
    ),
}  # fmt: skip


@each_row(("namespace", "lost"), LOST.values(), ids=LOST)
def test_a_lost_router(namespace: Namespace, lost: bool) -> None:
    assert has_lost_router(namespace, "eth0") is lost


def test_a_host_that_forwards_listens_only_if_it_must() -> None:
    found = [(ignores_advertisements(each, "eth0"), ignores_as_router(each, "eth0")) for each in map(host, "012")]
    assert found == [(True, False), (True, True), (False, False)]
    assert not ignores_advertisements(host_namespace(), "eth0")  # not read


def test_a_router_that_failed_is_none() -> None:
    assert routers_on(host(neighbours=(ROUTER, msgspec.structs.replace(ROUTER, state="FAILED"))), "eth0") == (ROUTER,)
    assert routers_on(host(neighbours=(ROUTER,)), "eth1") == ()


def test_a_setting_that_refuses_advertised_routes() -> None:
    assert refusing_setting(host("0"), "eth0") == accept_ra("eth0")
    assert refusing_setting(host("1"), "eth0") is None
    made = host("2")
    path = (*LINK, "accept_ra_defrtr")
    assert refusing_setting(msgspec.structs.replace(made, sysctls=made.sysctls.with_value(path, "0")), "eth0") == path


BY_ROUTER = msgspec.structs.replace(route("::/0", "eth0", via="2001:db8::1"), protocol="ra")
BY_HAND = msgspec.structs.replace(BY_ROUTER, protocol="static", metric=2048)
ENDING: dict[str, tuple[Namespace, str | None]] = {
    "nothing renews it": (host(routes=(BY_ROUTER,)), "eth0"),
    "it is renewed": (host("2", routes=(BY_ROUTER,)), None),
    "it is renewed, since the host does not forward": (host(forwarding="0", routes=(BY_ROUTER,)), None),
    "a manager takes the advertisements": (host("0", routes=(BY_ROUTER,)), None),
    "somebody made it": (host(routes=(BY_HAND,)), None),
    "another one stays": (host(routes=(BY_ROUTER, BY_HAND)), None),
    "there is none": (host(routes=()), None),
}


@each_row(("namespace", "link"), ENDING.values(), ids=ENDING)
def test_a_default_route_that_ends(namespace: Namespace, link: str | None) -> None:
    assert ending_default(namespace) == link

import msgspec

from hairpin.change.simulation.addresses import with_address, with_connected_routes, without_address
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import Route
from hairpin.network.prefix import address_text, parse_address
from hairpin.network.routing import route_text
from tests.rows import each_row

UP = Link(2, "eth0")
DOWN = Link(2, "eth0", up=False)
PLAIN = Link(2, "eth0", carrier=False)


def address(text: str, length: int, *, tentative: bool = False, noprefixroute: bool = False) -> Address:
    version, value = parse_address(text)
    return Address("eth0", version, value, length, tentative=tentative, noprefixroute=noprefixroute)


def said(route: Route) -> str:
    source = f" src {address_text(route.prefsrc, route.version)}" if route.prefsrc is not None else ""
    return route_text(route) + source + (" linkdown" if route.next_hops[0].linkdown else "")


# link, address, routes that the kernel makes for it
CASES: dict[str, tuple[Link, Address, list[str]]] = {
    "a network": (UP, address("10.5.0.1", 24), [
        "local 10.5.0.1/32 dev eth0 src 10.5.0.1",
        "10.5.0.0/24 dev eth0 src 10.5.0.1",
        "broadcast 10.5.0.255/32 dev eth0 src 10.5.0.1",
    ]),
    "two hosts have no broadcast": (UP, address("10.5.0.1", 31), [
        "local 10.5.0.1/32 dev eth0 src 10.5.0.1",
        "10.5.0.0/31 dev eth0 src 10.5.0.1",
    ]),
    "one host has no network": (UP, address("10.5.0.1", 32), ["local 10.5.0.1/32 dev eth0 src 10.5.0.1"]),
    "a link that is down": (DOWN, address("10.5.0.1", 24), ["local 10.5.0.1/32 dev eth0 src 10.5.0.1"]),
    "a link without carrier": (PLAIN, address("10.5.0.1", 24), [
        "local 10.5.0.1/32 dev eth0 src 10.5.0.1",
        "10.5.0.0/24 dev eth0 src 10.5.0.1 linkdown",
        "broadcast 10.5.0.255/32 dev eth0 src 10.5.0.1 linkdown",
    ]),
    "noprefixroute": (UP, address("10.5.0.1", 24, noprefixroute=True), [
        "local 10.5.0.1/32 dev eth0 src 10.5.0.1",
        "broadcast 10.5.0.255/32 dev eth0 src 10.5.0.1",
    ]),
    "IPv6, noprefixroute": (UP, address("fd00::1", 64, noprefixroute=True), [
        "local fd00::1/128 dev eth0",
    ]),
    "IPv6": (UP, address("fd00::1", 64), ["local fd00::1/128 dev eth0", "fd00::/64 dev eth0 metric 256"]),
    "IPv6, tentative": (UP, address("fd00::1", 64, tentative=True), []),
}  # fmt: skip


@each_row(("link", "added", "routes"), CASES.values(), ids=CASES)
def test_an_address_has_its_routes(link: Link, added: Address, routes: list[str]) -> None:
    after = with_address(Namespace("host", links=(link,)), added)
    assert after.addresses == (added,)
    assert [said(route) for route in after.routes] == routes


def test_a_second_address_does_not_restore_a_deleted_route() -> None:
    namespace = with_address(Namespace("host", links=(UP,)), address("10.5.0.1", 24))
    bare = msgspec.structs.replace(namespace, routes=())
    after = with_address(bare, address("10.5.0.2", 24))
    assert [said(each) for each in after.routes] == ["local 10.5.0.2/32 dev eth0 src 10.5.0.1"]


def test_a_second_address_of_a_network_is_secondary() -> None:
    namespace = with_address(Namespace("host", links=(UP,)), address("10.5.0.1", 24))
    after = with_address(namespace, address("10.5.0.2", 24))
    assert [each.secondary for each in after.addresses] == [False, True]
    assert [said(each) for each in after.routes[len(namespace.routes) :]] == ["local 10.5.0.2/32 dev eth0 src 10.5.0.1"]
    apart = with_address(namespace, address("10.6.0.2", 24))
    assert [each.secondary for each in apart.addresses] == [False, False]


def test_a_deleted_address_leaves_the_routes_of_others() -> None:
    """A deleted route does not come back; a route that another program made to the same network stays."""
    namespace = with_address(Namespace("host", links=(UP,)), address("fd00::1", 64))
    namespace = with_address(namespace, address("fd00::2", 64))
    after = without_address(namespace, namespace.addresses[0])
    assert [said(each) for each in after.routes] == ["fd00::/64 dev eth0 metric 256", "local fd00::2/128 dev eth0"]
    bare = msgspec.structs.replace(namespace, routes=tuple(each for each in namespace.routes if each.type == "local"))
    after = without_address(bare, namespace.addresses[0])
    assert [said(each) for each in after.routes] == ["local fd00::2/128 dev eth0"]

    namespace = with_address(Namespace("host", links=(UP,)), address("10.5.0.1", 24))
    other = msgspec.structs.replace(namespace.routes[1], tos=8, prefsrc=None)
    namespace = msgspec.structs.replace(namespace, routes=(*namespace.routes, other))
    namespace = with_address(namespace, address("10.9.0.1", 32))
    assert other in without_address(namespace, namespace.addresses[0]).routes


def test_a_new_address_makes_no_routes_for_others() -> None:
    """A new address makes no route for an address that is still probed."""
    namespace = Namespace("host", links=(UP,), addresses=(address("10.9.0.1", 24),))
    after = with_address(namespace, address("10.5.0.1", 32))
    assert [said(each) for each in after.routes] == ["local 10.5.0.1/32 dev eth0 src 10.5.0.1"]


def test_a_link_that_comes_up_gets_its_missing_routes() -> None:
    namespace = with_address(Namespace("host", links=(DOWN,)), address("10.5.0.1", 24))
    raised = with_connected_routes(msgspec.structs.replace(namespace, links=(UP,)), "eth0")
    assert [said(each) for each in raised.routes] == CASES["a network"][2]
    assert with_connected_routes(raised, "eth0") == raised

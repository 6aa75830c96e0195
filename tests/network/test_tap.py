"""The tap link of a container behind a user's network stack."""

from hairpin.network.tap import address_behind, is_behind_stack, routers_of, tap_of
from tests.small_host import WEB, network, sibling
from tests.user_stack_host import HOST4, pasta, rootless

INSIDE = sibling("container:web")


def test_the_link_its_address_and_its_router_are_found() -> None:
    of = pasta()
    inside = of.namespace(INSIDE)
    assert is_behind_stack(of, INSIDE)
    assert (tap_of(inside), tap_of(inside, "tap7")) == ("eth0", "tap7")
    assert (address_behind(inside, "eth0", 4), address_behind(inside, "eth0", 4, near=True)) == (HOST4, None)
    for each in (of, pasta(routed=False)):
        assert tuple(routers_of(each, INSIDE, 4)) == ((0xC6336401, "eth0"),)
    assert tuple(routers_of(rootless(), INSIDE, 4)) == ((0x0A000202, "tap0"),)


def test_a_container_on_a_bridge_has_none() -> None:
    of = network()
    inside = of.namespace(INSIDE)
    assert not is_behind_stack(of, INSIDE)
    assert not is_behind_stack(of, of.host_netns())
    assert tap_of(inside) == ""
    assert (address_behind(inside, None, 4), tuple(routers_of(of, INSIDE, 4))) == (WEB, ())

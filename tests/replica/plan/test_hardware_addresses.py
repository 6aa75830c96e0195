"""The hardware addresses of hosts outside, by neighbour entries."""

import msgspec

from hairpin.host.route import Neighbour
from hairpin.network.network import Network
from hairpin.replica.plan.hardware_addresses import MacsBehind, accepting_rules, macs_behind
from hairpin.replica.plan.links import wiring
from hairpin.replica.plan.world import world
from tests.small_host import HOST_NETNS, WEB, network, number, sibling

ROUTER, NEAR, OTHER = (number(f"198.51.100.{last}") for last in (1, 77, 78))
ONE, TWO = 0x020000000001, 0x020000000002


def entered(*entries: Neighbour) -> Network:
    built = network()
    return built.with_namespace(HOST_NETNS, msgspec.structs.replace(built.namespace(HOST_NETNS), neighbours=entries))


def entry(address: int, mac: int | None, state: str = "PERMANENT", *, link: str = "eth0") -> Neighbour:
    return Neighbour(link, 4, address, mac, state)


def known(*entries: Neighbour) -> tuple[MacsBehind, ...]:
    built = entered(*entries)
    return macs_behind(built, wiring(built, (HOST_NETNS, sibling("container:web"))).wires)


THIRD = number("198.51.100.79")


def test_the_wires_end_has_the_routers_address_or_the_one_that_most_entries_name() -> None:
    assert known() == (MacsBehind("w1"),)
    assert known(entry(NEAR, ONE), entry(OTHER, TWO), entry(THIRD, TWO)) == (MacsBehind("w1", TWO, (ONE,)),)
    assert known(entry(NEAR, TWO), entry(OTHER, TWO), entry(ROUTER, ONE)) == (MacsBehind("w1", ONE, (TWO,)),)


def test_a_learned_neighbour_is_a_sender_and_is_resolved_again() -> None:
    assert known(entry(ROUTER, ONE, "REACHABLE"), entry(NEAR, TWO, "STALE")) == (MacsBehind("w1", ONE),)


def test_entries_for_hosts_inside_are_not_the_worlds() -> None:
    assert known(entry(WEB, ONE, link="docker0")) == (MacsBehind("w1"),)
    groups = entry(NEAR, 0x01005E000001)
    assert known(groups, entry(OTHER, 0), entry(ROUTER, None, "FAILED")) == (MacsBehind("w1"),)


def test_the_address_is_given_before_anything_else_is_told_of_the_link() -> None:
    built = entered(entry(ROUTER, ONE))
    lines = world(built, (), wiring(built, (HOST_NETNS, sibling("container:web"))).wires).lines
    given = lines.index("link set dev w1 address 02:00:00:00:00:01")
    assert all(" w1 " not in f"{line} " for line in lines[:given])


def test_frames_to_further_mac_addresses_are_received() -> None:
    assert accepting_rules((MacsBehind("w1", ONE), MacsBehind("w2"))) == ()
    (load,) = accepting_rules((MacsBehind("w1", ONE, (TWO,)), MacsBehind("w2")))
    assert 'device "w1"' in load.text
    assert "ether daddr { 02:00:00:00:00:02 } meta pkttype set host" in load.text
    assert "w2" not in load.text

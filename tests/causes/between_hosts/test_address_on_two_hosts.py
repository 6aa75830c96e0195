"""An address that two hosts on one wire have, one of them by a container on a macvlan."""

from msgspec.structs import replace

from hairpin.causes.between_hosts.address_on_two_hosts import of_flows
from hairpin.diagnose.examination import examine
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from tests.causes.case import StateCase
from tests.macvlan_host import CHILD, on_macvlan
from tests.two_hosts import ADDRESSES, node

ASKED = Flow(FromHost(), 4, CHILD, "tcp", 80, host="two", asked_host="two")


def beside(value: int, *further: Address) -> Network:
    """Return the host with a container on a macvlan, and a second host with this address on its uplink."""
    (one,) = on_macvlan().hosts
    far = node("two", address=value)
    own: Namespace = far.namespaces[0]
    return Network(
        (replace(one, name="one"), replace(far, namespaces=(replace(own, addresses=(*own.addresses, *further)),)))
    )


CASES: dict[str, StateCase] = {
    "a container has the address of another host": StateCase(
        beside(CHILD), (("address-on-two-hosts", "blocking"),), beside(CHILD + 1)
    )
}


def test_a_container_has_the_address_of_another_host() -> None:
    (case,) = CASES.values()
    (found,) = of_flows(examine(case.sick, (ASKED,)).asked)
    assert str(found.candidate.title) == "Container web on one has 198.51.100.192, the address of two"
    assert (found.host, found.flows, found.severity) == ("one", (0,), "blocking")


def test_no_address_is_held_twice() -> None:
    (case,) = CASES.values()
    assert list(of_flows(examine(case.whole, (ASKED,)).asked)) == []


def test_hosts_in_networks_that_look_alike_share_no_wire() -> None:
    alike = Network((node("one"), node("two", address=ADDRESSES["one"])))
    assert list(of_flows(examine(alike, ()).asked)) == []


def test_an_address_that_a_program_moves_may_be_in_both_snapshots() -> None:
    assert list(of_flows(examine(beside(CHILD + 1, Address("eth0", 4, CHILD, 32)), (ASKED,)).asked)) == []

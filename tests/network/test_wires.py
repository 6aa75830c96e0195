"""Uplinks of several hosts on one wire."""

import msgspec
import pytest

from hairpin.host.host import Host
from hairpin.host.route import FdbEntry, Neighbour
from hairpin.network.network import Network, Port
from hairpin.network.wires import Reason, holder_of, owner_of, same_machine, wires_of
from tests.rows import each_row
from tests.two_hosts import ADDRESSES, MACS, ONE, TWO, network, node, seen

SOMEBODY = 0x0200_0000_0099
FABRIC = Neighbour("eth0", 4, ADDRESSES["two"], SOMEBODY, "REACHABLE")
ELSEWHERE = 0xCB007105


def bridged(host: Host) -> Host:
    """Return the host with the other's hardware address learned at its uplink."""
    (namespace,) = host.namespaces
    learned = FdbEntry("docker0", "eth0", MACS["two"])
    return msgspec.structs.replace(host, namespaces=(msgspec.structs.replace(namespace, fdb=(learned,)),))


# network, why eth0 of both hosts is on one wire (None: it is not)
CASES: dict[str, tuple[Network, Reason | None]] = {
    "this host has seen the other": (network(node("one", neighbours=(seen("one"),)), node("two")), "seen"),
    "the other has seen this one": (network(node("one"), node("two", neighbours=(seen("two"),))), "seen"),
    "a bridge has learned it": (network(bridged(node("one")), node("two", address=ELSEWHERE)), "seen"),
    "on-link, and no entry": (network(), "on-link"),
    "somebody answers for it": (network(node("one", neighbours=(FABRIC,)), node("two")), "fabric"),
    "of another network": (network(node("one"), node("two", address=ELSEWHERE)), None),
    "both have one address": (network(node("one"), node("two", address=ADDRESSES["one"])), None),
    "alone": (network(node("one")), None),
}


@each_row(("net", "reason"), CASES.values(), ids=CASES)
def test_wires(net: Network, reason: Reason | None) -> None:
    found = wires_of(net, Port(ONE, "eth0"))
    assert [each.reason for each in found] == ([reason] if reason is not None else [])
    assert all(each.far == Port(TWO, "eth0") and each.assumed == (reason != "seen") for each in found)


@pytest.mark.parametrize("link", ("docker0", "flannel.1", "lo", "eth9"))
def test_a_link_that_is_no_uplink_is_on_no_wire(link: str) -> None:
    """172.17.0.0/16 is on-link on both."""
    assert wires_of(network(), Port(ONE, link)) == ()


def test_the_one_other_host_that_has_an_address() -> None:
    net = network(node("one"), node("two", address=ELSEWHERE))
    assert owner_of(net, 4, ELSEWHERE, besides="one") == TWO
    assert owner_of(net, 4, ELSEWHERE, besides="two") is None
    assert owner_of(net, 4, 0xAC110001, besides="one") is None


def test_the_one_other_host_that_has_an_address_on_any_link() -> None:
    net = network(node("one"), node("two"), msgspec.structs.replace(node("two", address=ELSEWHERE), name="three"))
    assert holder_of(network(), 4, 0xAC110001, besides="one") == TWO
    assert holder_of(net, 4, 0xAC110001, besides="one") is None
    assert holder_of(net, 4, ADDRESSES["two"], besides="one") == TWO
    assert holder_of(network(node("one")), 4, ADDRESSES["one"], besides="two") is None


def read(name: str, machine: str, boot: str, snapshot: str = "", *, wired: str | None = None) -> Host:
    """Return a host with these ids; ``wired``: the node whose links, and hardware addresses, it has."""
    host = node(wired) if wired is not None else Host(name, namespaces=())
    ids = {"machine_id": machine or None, "boot_id": boot or None, "snapshot_id": snapshot}
    return msgspec.structs.replace(host, name=name, **ids)


SAME: dict[str, tuple[Host, Host, bool]] = {
    "both ids": (read("a", "m", "b"), read("c", "m", "b"), True),
    "one snapshot": (read("a", "", "", "1"), read("c", "", "", "1"), True),
    "no machine id, one boot": (read("a", "", "b"), read("c", "", "b"), True),
    "another machine id on one kernel": (read("a", "m", "b"), read("c", "m2", "b"), False),
    "after a restart": (read("a", "m", "b", wired="one"), read("c", "m", "b2", wired="one"), True),
    "a copy of the disk": (read("a", "m", "b", wired="one"), read("c", "m", "b2", wired="two"), False),
    "no ids, its uplink": (read("a", "", "", wired="one"), read("c", "", "", wired="one"), True),
    "no ids, another uplink": (read("a", "", "", wired="one"), read("c", "", "", wired="two"), False),
    "a machine id of its own and a hardware address that others have, too": (
        read("a", "m", "b", wired="one"), read("c", "m2", "b2", wired="one"), False,
    ),
}  # fmt: skip


@each_row(("one", "other", "same"), SAME.values(), ids=SAME)
def test_same_machine(one: Host, other: Host, same: bool) -> None:
    network = Network((one, other))
    assert same_machine(network) == ((one, other) if same else None)

"""Packets of clients that come to no host that was read."""

import pytest
from msgspec.structs import replace

from hairpin.host.docker import PortBinding
from hairpin.host.floating import FloatingAddress
from hairpin.host.link import Address
from hairpin.network.flow import Flow, FromHost, Lan, Outside, Start
from hairpin.network.network import Network
from hairpin.network.world import PublicAddress, World
from hairpin.walk.begin import passes_by
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import asked as asked_of
from tests.causes.hosts import published_as, with_host, without_addresses, without_route
from tests.named_namespace_host import POD, inside, whole, with_bridge
from tests.rows import each_row
from tests.small_host import CLIENT, HOST_ADDRESS, host_namespace, network, number
from tests.two_hosts import node

GONE = number("198.51.100.12")
PUBLISHED = published_as(PortBinding("tcp", 80, 8151, GONE, 4))
MAPPED = replace(PUBLISHED, world=World((PublicAddress(4, GONE, HOST_ADDRESS),)))
ASKED = replace(network(), world=World(foreign=((4, GONE),)))

MOVED = with_host(PUBLISHED, floating=(FloatingAddress("keepalived", 4, GONE, "/etc/keepalived/keepalived.conf", 7),))
BARE = network(without_route(without_route(without_addresses(host_namespace(), "eth0"), 0), HOST_ADDRESS & ~0xFF))


def asked(start: Start, port: int = 8151) -> Flow:
    return Flow(start, 4, GONE, "tcp", port)


def holding() -> Network:
    """Return the network whose host has the address that the port is published on."""
    (host,) = PUBLISHED.hosts
    own = host_namespace()
    own = replace(own, addresses=(*own.addresses, Address("eth0", 4, GONE, 24)))
    others = tuple(each for each in host.namespaces if each.name != own.name)
    return replace(PUBLISHED, hosts=(replace(host, namespaces=(own, *others)),))


# network, flow, the reason why the packet comes to no host; None: it enters one; "leaves": it goes to another machine
PACKETS: dict[str, tuple[Network, Flow, str | None]] = {
    "for an address that the host has lost": (PUBLISHED, asked(Outside(CLIENT)), "address-lost"),
    "of a neighbour, too": (PUBLISHED, asked(Lan(HOST_ADDRESS + 100)), "address-lost"),
    "for a port that is not published on it": (PUBLISHED, asked(Outside(CLIENT), 8152), None),
    "for an address that the host has": (holding(), asked(Outside(CLIENT)), None),
    "for an address that a gateway maps to the host": (MAPPED, asked(Outside(CLIENT)), None),
    "for an address that a link without one seems to have had": (BARE, asked(Outside(CLIENT)), "address-lost"),
    "of the host itself": (PUBLISHED, asked(FromHost()), None),
    "for an address that a program has given to another machine": (MOVED, asked(Outside(CLIENT)), "leaves"),
    "of a neighbour, for such an address": (MOVED, asked(Lan(HOST_ADDRESS + 100)), "leaves"),
    "for such an address, which the host has now": (
        with_host(holding(), floating=MOVED.this.floating), asked(Outside(CLIENT)), None,
    ),
    "published on the address while a program runs whose addresses were not read": (
        with_host(PUBLISHED, floating=(FloatingAddress("keepalived"),)), asked(Outside(CLIENT)), "leaves",
    ),
    "for an address that no port is published on, while such a program runs": (
        with_host(network(), floating=(FloatingAddress("keepalived"),)), asked(Outside(CLIENT)), None,
    ),
    "for a program's address on a link without one": (
        with_host(BARE, floating=MOVED.this.floating), asked(Outside(CLIENT)), "leaves",
    ),
    "of a guest that was not read": (
        whole(inside(), host=with_bridge(addressless=True)), asked(Outside(POD + 7)), "namespace-unread",
    ),
    "of a guest that was not read, to whose network the host has a route": (
        whole(inside()), asked(Outside(POD + 7)), None,
    ),
    "for an address that another machine may have": (ASKED, asked(Outside(CLIENT)), "namespace-unread"),
}  # fmt: skip


@each_row(("net", "flow", "expected"), PACKETS.values(), ids=PACKETS)
def test_passes_by(net: Network, flow: Flow, expected: str | None) -> None:
    taken = passes_by(net, flow)
    assert (taken and (taken.reason or "leaves")) == expected


def test_whether_another_machine_has_the_address_is_asked() -> None:
    for start in (Outside(CLIENT), FromHost()):
        (branch,) = walk_flow(MOVED, asked(start)).branches
        assert branch.verdict == "leaves"
        (question,) = branch.questions
        assert "198.51.100.12" in str(question.text)
        assert "keepalived" in str(question.text)
        assert question.breaks_if == "no"


def test_a_packet_that_touches_no_link_that_was_read_is_undecided() -> None:
    (branch,) = walk_flow(ASKED, asked(Outside(CLIENT))).branches
    assert branch.verdict == "depends"
    (question,) = branch.questions
    assert question.undecided
    assert str(question.text).startswith("Do packets from 192.0.2.10 to ")


@pytest.mark.parametrize(("ports", "asks"), ((2, "cross a bridge of this host? cni0 leads to"), (1, "pass this host?")))
def test_guests_behind_a_bridge_without_an_address_are_asked_about(ports: int, asks: str) -> None:
    guests = whole(host=with_bridge(addressless=True, ports=ports))
    between = asked_of(Outside(POD), "10.4.0.3", 80)
    foreign = replace(guests, world=World(foreign=((4, between.daddr),)))
    (branch,) = walk_flow(foreign, between).branches
    assert branch.verdict == "depends"
    assert asks in str(branch.questions[0].text)


def test_a_packet_that_nobody_answers_for_is_dropped_outside() -> None:
    (branch,) = walk_flow(PUBLISHED, asked(Outside(CLIENT))).branches
    assert branch.verdict == "dropped"
    assert branch.stop is not None
    assert (branch.stop.reason, branch.stop.stage) == ("address-lost", "outside")


def test_another_host_that_has_the_address_gets_the_packet() -> None:
    other = node("two")
    namespaces = tuple(
        replace(each, addresses=(*each.addresses, Address("eth0", 4, GONE, 24)))
        if each.name == other.netns.name
        else each
        for each in other.namespaces
    )
    both = replace(PUBLISHED, hosts=(*PUBLISHED.hosts, replace(other, namespaces=namespaces)))
    assert passes_by(both, asked(Outside(CLIENT))) is None

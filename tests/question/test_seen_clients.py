"""Clients that connection tracking shows."""

import msgspec

from hairpin.host.link import Address, BridgeInfo, Link
from hairpin.network.flow import Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, parse_address
from hairpin.question.flows import flows_for
from hairpin.question.seen_clients import client_at, covered_clients
from hairpin.question.target import parse_target
from tests.conntrack_lines import entries, from_client
from tests.rows import each_row
from tests.small_host import HOST_ADDRESS, HOST_NETNS, host_namespace, network, route

CLIENT = parse_address("192.0.2.10")[1]


def covering(*lines: str, bridge: str = "192.0.2.1") -> Network:
    """Return the host with another container bridge, whose network has the usual client's address."""
    made = host_namespace()
    base = bridge.rpartition(".")[0]
    return network(
        msgspec.structs.replace(
            made,
            links=(*made.links, Link(7, "br-a", "bridge", bridge=BridgeInfo())),
            addresses=(*made.addresses, Address("br-a", 4, parse_address(bridge)[1], 24)),
            routes=(*made.routes, route(f"{base}.0/24", "br-a")),
            connections=entries(*lines),
        )
    )


CASES: dict[str, tuple[Network, tuple[int, ...]]] = {
    "it never got an answer": (covering(from_client("SYN_RECV", 55)), (CLIENT,)),
    "it was answered": (covering(from_client("ESTABLISHED", 431000)), ()),
    "nobody asked": (covering(), ()),
    "another network": (covering(from_client("SYN_RECV", 55), bridge="10.5.0.1"), ()),
    "it asked the bridge": (covering(from_client("SYN_RECV", 55, address="192.0.2.1")), ()),
}


@each_row(("net", "found"), CASES.values(), ids=CASES)
def test_covered_clients(net: Network, found: tuple[int, ...]) -> None:
    assert covered_clients(net, HOST_NETNS, 4) == found


def test_a_covered_client_is_asked_and_not_invented() -> None:
    flows = flows_for(covering(from_client("SYN_RECV", 55)), (parse_target("8151"),), None)
    asked = [each for each in flows if each.start == Outside(CLIENT)]
    assert [(each.invented, each.stand_ins) for each in asked] == [(False, ())]
    assert all(each.start != Outside(CLIENT) for each in flows_for(covering(), (parse_target("8151"),), None))


def test_a_client_at_an_address_is_one_that_waits_first() -> None:
    lines = from_client("TIME_WAIT", 60, client="203.0.113.5"), from_client("SYN_RECV", 50, client="203.0.113.6")
    net = network(msgspec.structs.replace(host_namespace(), connections=entries(*lines)))
    assert client_at(net, HOST_NETNS, 4, HOST_ADDRESS) == parse_address("203.0.113.6")[1]
    assert client_at(net, HOST_NETNS, 4, HOST_ADDRESS + 1) is None
    near = entries(from_client("SYN_RECV", 5, client="198.51.100.7"))
    net = network(msgspec.structs.replace(host_namespace(), connections=near))
    assert client_at(net, HOST_NETNS, 4, HOST_ADDRESS) is None


def pinned(prefix_length: int, bridge: str = "172.18.0.1") -> Network:
    """Return the host whose uplink has a further address, 172.18.40.11, beside a container bridge."""
    made = covering(bridge=bridge).this.namespace(HOST_NETNS.name)
    further = Address("eth0", 4, parse_address("172.18.40.11")[1], prefix_length)
    return network(msgspec.structs.replace(made, addresses=(*made.addresses, further)))


@each_row(
    ("net", "found"),
    (
        (pinned(16), ["172.18.0.250"]),
        (pinned(16, "172.18.41.1"), ["172.18.41.250"]),
        (pinned(24), []),
        (pinned(32), []),
        (covering(), []),
    ),
)
def test_a_neighbour_in_both_networks_is_asked_at_the_address_that_both_cover(net: Network, found: list[str]) -> None:
    flows = flows_for(net, (parse_target("8151"),), None)
    asked = [each for each in flows if isinstance(each.start, Lan) and each.start.link == "eth0"]
    assert [address_text(each.start.address, 4) for each in asked if isinstance(each.start, Lan)] == found
    assert all(each.daddr == parse_address("172.18.40.11")[1] for each in asked)


def test_behind_an_uplink_that_is_down_there_is_no_neighbour() -> None:
    net = pinned(16)
    made = net.namespace(HOST_NETNS)
    links = tuple(msgspec.structs.replace(each, up=each.name != "eth0") for each in made.links)
    down = net.with_namespace(HOST_NETNS, msgspec.structs.replace(made, links=links))
    assert all(
        not (isinstance(each.start, Lan) and each.start.link) for each in flows_for(down, (parse_target("8151"),), None)
    )

"""The rebuilt parts of a network."""

import msgspec

from hairpin.netfilter.packet import TCP, Connection, Tuple
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.replica.plan.plan import FEW, blueprint
from tests.small_host import CLIENT, HOST_ADDRESS, WEB, container_namespace, host_namespace, network

FLOW = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8151)


def test_all_namespaces_of_a_small_host() -> None:
    assert [each.netns.name for each in blueprint(network(), (FLOW,)).namespaces] == [
        "world",
        "host",
        "container:web",
        "apart",
    ]


def with_many_containers(small: Network) -> Network:
    others = tuple(
        msgspec.structs.replace(container_namespace(), name=f"container:c{number}", links=(), addresses=())
        for number in range(FEW)
    )
    return small.with_host(msgspec.structs.replace(small.this, namespaces=(*small.this.namespaces, *others)))


def test_of_many_containers_those_that_the_repaired_flow_comes_to() -> None:
    broken, repaired = (
        with_many_containers(network(host_namespace(values={"conf__eth0__forwarding": value}))) for value in ("0", "1")
    )
    assert "container:web" not in [each.netns.name for each in blueprint(broken, (FLOW,)).namespaces]
    assert "container:web" in [each.netns.name for each in blueprint(broken, (FLOW,), changed=repaired).namespaces]


def test_of_many_connections_only_those_of_the_flow() -> None:
    found = blueprint(with_many_containers(network()), (FLOW,))
    assert [each.netns.name for each in found.namespaces] == ["world", "host", "container:web", "apart"]
    assert str(found.apart[0]) == "container:c0: no packet of the flow gets there"
    assert len(found.apart) == FEW


def test_unread_rules_are_left_out() -> None:
    found = blueprint(network(msgspec.structs.replace(host_namespace(), unread=("nft-table",))), (FLOW,))
    assert [str(each) for each in found.left_out] == ["nft-table of host could not be read"]


def test_live_connections_that_the_flow_meets_are_kept() -> None:
    original = Tuple(CLIENT, HOST_ADDRESS, TCP, FLOW.sport, 8151)
    live = Connection(4, original, Tuple(WEB, CLIENT, TCP, 80, FLOW.sport), live=True)
    host = msgspec.structs.replace(host_namespace(), connections=(live, msgspec.structs.replace(live, version=6)))
    found = blueprint(network(host), (FLOW,))
    assert found.left_out == ()
    assert {each.netns.name: each.connections for each in found.namespaces if each.connections} == {"host": (live,)}

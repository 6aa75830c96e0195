"""The rebuilt parts of a network."""

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.host.host import Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.netns import Netns
from hairpin.host.socket import Relay, Socket
from hairpin.netfilter.packet import TCP, Connection, Tuple
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network, Port
from hairpin.replica.plan.blueprint import Service
from hairpin.replica.plan.plan import FEW, blueprint, services_of, thinned
from tests.small_host import (
    CLIENT,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    engine,
    host_namespace,
    local,
    network,
    route,
    ruleset,
    sibling,
)

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


ROOTLESSPORT = Socket("tcp", 4, None, 8151, process="rootlessport", relay=Relay(4, 0, 80, netns="container:web"))


def of(built: Network, netns: Netns) -> tuple[Service, ...]:
    return services_of(built, netns)


def test_a_relay_carries_on_to_the_container() -> None:
    assert of(network(), HOST_NETNS) == (Service("tcp", 4, None, 8151, does="relay", to=(4, "172.17.0.2", 80)),)


def test_a_service_answers_where_it_is_bound() -> None:
    inner = container_namespace((Socket("udp", 4, 0x7F000001, 53, device="lo"),))
    assert of(network(inner=inner), sibling("container:web")) == (Service("udp", 4, "127.0.0.1", 53, device="lo"),)


def test_the_ports_of_a_paused_container_are_held() -> None:
    assert [each.does for each in of(network(docker=engine(container("paused"))), sibling("container:web"))] == ["hold"]


def test_a_port_that_dockerd_only_holds_is_held() -> None:
    held = (Socket("tcp", 4, None, 8151, relay=Relay(4, WEB, 80, holds_only=True)),)
    assert [each.does for each in of(network(host_namespace(sockets=held)), HOST_NETNS)] == ["hold"]


@pytest.mark.parametrize(("queued", "does"), ((1, "answer"), (2, "full")))
def test_a_full_backlog_drops_new_connections(queued: int, does: str) -> None:
    inner = container_namespace((Socket("tcp", 4, None, 80, queued=queued, backlog=1),))
    assert [each.does for each in of(network(inner=inner), sibling("container:web"))] == [does]


@pytest.mark.parametrize(("received", "does"), ((831, "answer"), (2304, "full")))
def test_a_full_receive_queue_drops_datagrams(received: int, does: str) -> None:
    inner = container_namespace((Socket("udp", 4, None, 53, received=received, receive_buffer=2304),))
    assert [each.does for each in of(network(inner=inner), sibling("container:web"))] == [does]


def test_an_old_docker_proxy_answers_datagrams_by_route() -> None:
    relays = (Socket("udp", 4, None, 53, relay=Relay(4, WEB, 53)), Socket("tcp", 4, None, 80, relay=Relay(4, WEB, 80)))
    by_route = {}
    for version in ("20.10.24", "28.5.2"):
        docker = msgspec.structs.replace(engine(container()), version=version)
        built = of(network(host_namespace(sockets=relays), docker=docker), HOST_NETNS)
        by_route[version] = [each.answers_by_route for each in built]
    assert by_route == {"20.10.24": [True, False], "28.5.2": [False, False]}


ROOTLESS: dict[str, tuple[Network, list[str]]] = {
    "answering": (network(host_namespace(sockets=(ROOTLESSPORT,))), ["answer"]),
    "with nothing behind it": (network(host_namespace(sockets=(ROOTLESSPORT,)), container_namespace(())), ["relay"]),
    "with a full backlog behind it": (
        network(
            host_namespace(sockets=(ROOTLESSPORT,)),
            container_namespace((Socket("tcp", 4, None, 80, queued=2, backlog=1),)),
        ),
        ["full"],
    ),
    "with a paused container": (
        network(host_namespace(sockets=(ROOTLESSPORT,)), docker=engine(container("paused"))),
        ["hold"],
    ),
}


@pytest.mark.parametrize(("built", "does"), ROOTLESS.values(), ids=ROOTLESS)
def test_a_rootless_relay_does_what_its_container_would(built: Network, does: list[str]) -> None:
    assert [each.does for each in of(built, HOST_NETNS)] == does


SPARE = ("vethc0", "vethc1")
NAMING = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -i vethc0 -j DROP\nCOMMIT\n"


def host(*, left: bool = True, own_port: bool = True, carrier: bool = True) -> tuple[Network, str]:
    """Return the small host with two further ports on docker0, whose containers were left unread."""
    own: Namespace = host_namespace()
    (veth,) = (each for each in own.links if each.kind == "veth")
    further = tuple(
        Link(
            90 + number,
            name,
            "veth",
            up=True,
            carrier=carrier,
            master="docker0",
            peer_index=2,
            peer_netnsid=number + 7,
            port=BridgePort(),
        )
        for number, name in enumerate(SPARE)
    )
    links = tuple(each for each in own.links if own_port or each.kind != "veth")
    netnsids = tuple((number + 7, f"container:c{number}") for number in range(len(SPARE)))
    own = replace(own, links=(*links, *further), netnsids=netnsids)
    boxes = tuple(
        replace(container(), id=name, name=name, netns=None, left_unread=f"container:{name}" if left else None)
        for name in ("c0", "c1")
    )
    return network(own, docker=engine(container(), *boxes)), veth.name


def kept(whole: Network, met: frozenset[Port] = frozenset()) -> tuple[str, ...]:
    names = tuple(netns for netns, _ in whole.namespaces())
    small = thinned(whole, names, met)
    return tuple(link.name for link in small.namespace(small.this.netns).links if link.kind == "veth")


def test_links_of_containers_that_were_left_unread_are_left_out() -> None:
    whole, veth = host()
    assert kept(whole) == (veth,)


def test_what_the_kernel_puts_on_a_link_goes_with_it() -> None:
    whole, veth = host()
    own = whole.namespace(whole.this.netns)
    routes = (route("fe80::/64", SPARE[0]), route("fe80::/64", veth))
    addresses = (Address(SPARE[0], 6, 0xFE80 << 112 | 1, 64), Address(veth, 6, 0xFE80 << 112 | 2, 64))
    busy = whole.with_namespace(
        whole.this.netns, replace(own, routes=(*own.routes, *routes), addresses=(*own.addresses, *addresses))
    )
    small = thinned(busy, tuple(netns for netns, _ in busy.namespaces()), frozenset()).namespace(whole.this.netns)
    assert small.routes == (*own.routes, routes[1])
    assert small.addresses == (*own.addresses, addresses[1])


def test_a_link_with_a_route_or_an_address_by_hand_stays() -> None:
    """They decide lookups for packets that never come to the link, and a repair deletes them."""
    whole, veth = host()
    own = whole.namespace(whole.this.netns)
    for busy in (
        replace(own, routes=(*own.routes, local("198.51.100.20/32", SPARE[0]))),
        replace(own, addresses=(*own.addresses, Address(SPARE[0], 4, 1, 32))),
    ):
        assert kept(whole.with_namespace(whole.this.netns, busy)) == (veth, SPARE[0])


def test_links_of_containers_that_nobody_could_read_stay() -> None:
    whole, veth = host(left=False)
    assert kept(whole) == (veth, *SPARE)


def test_the_bridge_keeps_a_port_that_runs() -> None:
    assert kept(host(own_port=False)[0]) == SPARE[:1]
    assert kept(host(own_port=False, carrier=False)[0]) == ()


def test_a_link_that_the_flow_comes_to_stays() -> None:
    whole, veth = host()
    assert kept(whole, frozenset({Port(whole.this.netns, "vethc1")})) == (veth, "vethc1")


def test_links_of_namespaces_that_are_not_rebuilt_are_left_out() -> None:
    whole, veth = host(left=False)
    small = thinned(whole, (whole.this.netns,), frozenset())
    assert veth not in [link.name for link in small.namespace(small.this.netns).links]


def test_a_link_that_a_rule_names_stays() -> None:
    whole, veth = host()
    own = whole.namespace(whole.this.netns)
    assert kept(whole.with_namespace(whole.this.netns, replace(own, ruleset=ruleset(NAMING)))) == (veth, "vethc0")

"""A walk in a namespace whose links or routes could not be read is undecided."""

import pytest
from msgspec.structs import replace

from hairpin.host.docker import DockerNetwork
from hairpin.host.host import Host, Namespace, Unread
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.netns import Netns
from hairpin.host.socket import Socket
from hairpin.host.sysctl import Sysctls
from hairpin.netfilter import ir
from hairpin.netfilter.ir import Chain, Table
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import Version, parse_address
from hairpin.walk.state import State
from hairpin.walk.unread import binding_condition, unread_end, unread_port_of, unread_rules
from hairpin.walk.verdicts import Verdict
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import with_tables
from tests.named_namespace_host import POD, RULES, inside, learned, whole
from tests.named_namespace_host import with_bridge as with_cni0
from tests.rows import each_row
from tests.rule_text import with_policy, with_rule
from tests.small_host import HOST_NETNS, container, engine, host_namespace, network, published, route

PUBLISHED = published()


def without_links() -> Namespace:
    return replace(host_namespace(), links=(), addresses=(), unread=("ip-addr",))


def without_routes() -> Namespace:
    return replace(host_namespace(), routes=(), unread=("ip-route4",))


def without_settings() -> Namespace:
    return replace(host_namespace(), sysctls=Sysctls(values={}), unread=("sysctl",))


@pytest.mark.parametrize("host", (without_links(), without_routes(), without_settings()))
@pytest.mark.parametrize("flow", (PUBLISHED, published(FromHost(), "127.0.0.1")))
def test_the_verdict_depends_on_what_was_not_read(host: Namespace, flow: Flow) -> None:
    trace = walk_flow(network(host), flow)
    assert trace.verdict == "depends"
    assert trace.usual.stop is not None
    assert trace.usual.stop.reason == "namespace-unread"


@pytest.mark.parametrize(
    "host",
    (
        host_namespace(),
        replace(host_namespace(), unread=("ip-addr", "ip-route4", "ip-route6")),
        replace(host_namespace(), links=(), addresses=()),
        replace(host_namespace(), routes=(), unread=("ip-route6",)),
    ),
)
def test_a_part_that_was_read_decides(host: Namespace) -> None:
    built: Network = network(host)
    assert unread_end(built, State("input-route", HOST_NETNS, PUBLISHED.packet(1))) is None


HELD = Socket("tcp", 4, None, 8151, process="nginx", pid=7)
UNKNOWN = replace(HELD, process=None, pid=None)
OF_PASTA = replace(HELD, process="pasta.avx2")


@each_row(
    ("socket", "unread", "verdict"),
    (
        (HELD, (), "delivered"),
        (HELD, ("socket-owners",), "delivered"),
        (HELD, ("halted-processes",), "depends"),
        (HELD, ("frozen-processes",), "depends"),
        (UNKNOWN, (), "delivered"),
        (UNKNOWN, ("halted-processes", "frozen-processes"), "delivered"),
        (UNKNOWN, ("socket-owners",), "depends"),
        (OF_PASTA, (), "delivered"),
        (OF_PASTA, ("podman-containers",), "depends"),
        (HELD, ("podman-containers",), "delivered"),
    ),
)
def test_a_socket_answers_if_its_process_was_read(socket: Socket, unread: tuple[str, ...], verdict: Verdict) -> None:
    own = network(replace(host_namespace(), sockets=(socket,)))
    host = replace(own.this, unread=tuple(Unread(key, "", key, "why", "") for key in unread))
    trace = walk_flow(Network((host,)), published(FromHost(), "127.0.0.1"))
    assert trace.verdict == verdict
    assert trace.usual.verdict == "delivered"
    assert bool(trace.conditions) == (verdict == "depends")


UNREAD: dict[str, tuple[tuple[str, ...], Version, bool]] = {
    "all read": ((), 4, False),
    "rules of the packet's family": (("iptables-nft-save4",), 4, True),
    "rules of the other family": (("iptables-nft-save4",), 6, False),
    "a table of nft's": (("nft-table",), 6, True),
    "something else": (("conntrack",), 4, False),
}


@each_row(("keys", "version", "open_"), UNREAD.values(), ids=UNREAD)
def test_unread_rules(keys: tuple[str, ...], version: Version, open_: bool) -> None:
    one = Host("one", namespaces=(replace(host_namespace(), unread=keys),))
    found = unread_rules(Network((one,)), one.netns, version)
    assert (found is not None) is open_
    assert found is None or found.holds


def test_the_host_is_named_among_several() -> None:
    hosts = [Host(name, namespaces=(replace(host_namespace(), unread=("nft-table",)),)) for name in ("one", "two")]
    alone, both = (unread_rules(Network(each), Netns("two"), 4) for each in ((hosts[1],), tuple(hosts)))
    assert alone is not None
    assert both is not None
    assert str(alone.said).startswith("the firewall rules of host, which hairpin could not read,")
    assert str(both.said).startswith("the firewall rules of two, which hairpin could not read,")


def test_bound() -> None:
    supposed = binding_condition(Table("netdev", "t", "nft", ()), Chain("c", ()), "eth0")
    assert str(supposed.said) == "chain c of table netdev t is bound to eth0"
    assert supposed.holds


def with_bridge(*, unlisted: bool = False, of_engine: bool = False) -> Network:
    """Return the host with a bridge whose port leads to a namespace that was not read, and a rule that forwards port
    2280 there."""
    forward = "-p tcp -m tcp --dport 2280 -j DNAT --to-destination 10.77.0.10:80"
    rules = with_rule("nat PREROUTING", forward, with_policy("FORWARD", "ACCEPT"))
    host = host_namespace(rules, values={"conf__lxdbr0__forwarding": "1"})
    port = Link(9, "vethct1", "veth", master="lxdbr0", peer_index=2, peer_netnsid=4, port=BridgePort())
    host = replace(
        host,
        links=(*host.links, Link(8, "lxdbr0", "bridge"), port),
        addresses=(*host.addresses, Address("lxdbr0", 4, parse_address("10.77.0.1")[1], 24)),
        routes=(*host.routes, route("10.77.0.0/24", "lxdbr0")),
    )
    docker = engine(container())
    own = DockerNetwork("n2", "lab", "bridge", bridge="lxdbr0")
    docker = replace(docker, networks=(*docker.networks, *((own,) if of_engine else ())))
    built = network(host, docker=docker)
    unread = (Unread("docker-containers", "", "docker", "why", ""),) if unlisted else ()
    return Network((replace(built.this, unread=unread),))


@pytest.mark.parametrize(("built", "verdict"), (
    (with_bridge(), "leaves"),
    (with_bridge(unlisted=True), "depends"),
    (with_bridge(of_engine=True), "depends"),
))  # fmt: skip
def test_behind_a_bridge_of_no_engine_there_is_another_machine(built: Network, verdict: Verdict) -> None:
    trace = walk_flow(built, replace(PUBLISHED, dport=2280))
    assert trace.verdict == verdict
    assert verdict == "depends" or "behind vethct1, in a namespace that hairpin did not read" in str(
        trace.usual.assumed[0]
    )


def test_a_chain_is_bound_to_a_link_for_all_packets_of_a_flow() -> None:
    drops = ir.Rule((ir.FieldMatch("dport", ((8151, 8151),)), ir.Verdict("drop")), "tcp dport 8151 drop", 1)
    chain = Chain("p", (drops,), "ingress", "filter", 0, "accept")
    built = with_tables(Table("netdev", "m", "nft", (chain,)))
    trace = walk_flow(built, published(FromHost(), "127.0.0.1"))
    assert trace.verdict == "depends"
    assert {each.verdict for each in trace.branches} == {"dropped", "delivered"}
    for branch in trace.branches:
        held = {str(each.said): each.holds for each in branch.conditions}
        assert len(held) == len({(str(each.said), each.holds) for each in branch.conditions})


BEHIND_PORT = Outside(POD, "vethpod0")
NOT_ACCEPTED = with_cni0(with_rule("filter DOCKER-USER", "-i cni0 -j DROP", RULES))
UNREAD_CLIENTS: dict[str, tuple[Network, Outside, Verdict]] = {
    "behind the only port": (whole(host=with_cni0()), BEHIND_PORT, "depends"),
    "behind one of two ports": (whole(host=with_cni0(ports=2)), BEHIND_PORT, "depends"),
    "behind a port that the bridge has learned": (whole(host=learned(with_cni0(ports=2))), BEHIND_PORT, "depends"),
    "whose packets the host drops": (whole(host=NOT_ACCEPTED), BEHIND_PORT, "dropped"),
    "whose packets come in by another link": (whole(host=with_cni0()), Outside(POD, "eth0"), "depends"),
    "whose namespace was read": (whole(inside()), Outside(POD), "unanswered"),
}  # fmt: skip


@each_row(("built", "start", "verdict"), UNREAD_CLIENTS.values(), ids=UNREAD_CLIENTS)
def test_a_client_in_an_unread_namespace(built: Network, start: Outside, verdict: Verdict) -> None:
    trace = walk_flow(built, published(start))
    assert trace.verdict == verdict


def test_the_condition_names_the_link_that_the_packets_come_in_by() -> None:
    built = whole(host=with_cni0())
    (condition,) = walk_flow(built, published(BEHIND_PORT)).conditions
    assert str(condition.said).startswith("10.4.0.2 is behind vethpod0, in a namespace or guest")
    port = unread_port_of(built, published(BEHIND_PORT))
    assert port is not None
    assert port.link.name == "vethpod0"
    assert unread_port_of(built, published()) is None
    assert unread_port_of(built, published(FromHost())) is None

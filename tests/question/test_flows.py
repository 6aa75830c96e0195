from typing import Literal

import pytest
from msgspec.structs import replace

from hairpin.errors import CollectError, EvidenceError, UnknownNameError, UsageError
from hairpin.host.contact import Contact
from hairpin.host.docker import Container, Endpoint, PortBinding
from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.netns import Netns, namespace_file
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import inside, parse_address
from hairpin.network.world import World
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for, on_one_network, pod_flows
from hairpin.question.outside import with_world
from hairpin.question.port_flows import bindings_of
from hairpin.question.target import parse_origin
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import without_default_network
from tests.names_host import API, named
from tests.rows import each_row
from tests.small_host import (
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    engine,
    host_namespace,
    network,
    route,
    sibling,
)
from tests.two_uplinks import SECOND, two_uplinks

LOOPBACK = 0x7F000001
ON_LOOPBACK = PortBinding("tcp", 80, 8151, LOOPBACK, 4)
UDP = PortBinding("udp", 53, 5353, None, 4)
SIX = PortBinding("tcp", 80, 8151, None, 6)
TO_WEB = Target(port=8151)
CLIENT = Origin("address", version=4, address=parse_address("192.0.2.10")[1])


def whole(*containers: Container) -> Network:
    return network(docker=engine(*(containers or (container(),))))


def told(flows: tuple[Flow, ...] | list[Flow]) -> list[str]:
    return [f"{each.start_text()} -> {each.target_text()}" for each in flows]


NEIGHBOUR = "lan (198.51.100.250)"
PUBLISHED = [
    "192.0.2.10 -> 198.51.100.11:8151/tcp",
    f"{NEIGHBOUR} -> 198.51.100.11:8151/tcp",
    "host -> 127.0.0.1:8151/tcp",
    "host -> 198.51.100.11:8151/tcp",
]

# network, target, origin, flows
ONE = replace(container(), service="api")
TWO = replace(container(binding=PortBinding("tcp", 80, 8153, None, 4)), id="b" * 64, name="api-2", service="api")

ALIASED = tuple(
    replace(
        container(binding=binding), id=mark * 64, name=f"db-{mark}", netns=f"container:db-{mark}",
        endpoints=(Endpoint(on, on, WEB + number, 16, aliases=("db", mark * 12)),),
    )
    for number, (mark, on, binding) in enumerate((
        ("c", "shop", PortBinding("tcp", 80, 8154, None, 4)),
        ("d", "office", PortBinding("tcp", 80, 8155, None, 4)),
    ))
)  # fmt: skip
"""Two stacks, each with a ``db``."""
TASK = replace(
    container(), id="e" * 64, name="shop.1.vwsl6j3g", service="shop", is_task=True, bindings=(),
    netns="container:shop.1.vwsl6j3g", endpoints=(Endpoint("office", "office", WEB + 1, 16),),
)  # fmt: skip
CLERK = replace(container(), endpoints=(Endpoint("office", "office", WEB, 16),))

CASES: dict[str, tuple[Network, Target, Origin | None, list[str]]] = {
    "an alias on a network": (
        whole(ALIASED[0]), Target(container="db"), CLIENT, ["192.0.2.10 -> 198.51.100.11:8154/tcp"],
    ),
    "an alias of two containers": (
        whole(*ALIASED), Target(container="db"), CLIENT,
        ["192.0.2.10 -> 198.51.100.11:8154/tcp", "192.0.2.10 -> 198.51.100.11:8155/tcp"],
    ),
    "an alias of two containers, one of them on the client's network": (
        whole(CLERK, *ALIASED), Target(container="db", port=80), Origin("container", container="web"),
        ["container:web -> 172.17.0.3:80/tcp", "container:web -> 127.0.0.11:53/udp"],
    ),
    "a port": (whole(), TO_WEB, None, PUBLISHED),
    "a compose service": (
        whole(ONE, TWO), Target(container="api"), CLIENT,
        ["192.0.2.10 -> 198.51.100.11:8151/tcp", "192.0.2.10 -> 198.51.100.11:8153/tcp"],
    ),
    "the service of a swarm": (
        whole(CLERK, TASK), Target(container="shop", port=80), Origin("container", container="web"),
        ["container:web -> 172.17.0.3:80/tcp", "container:web -> 127.0.0.11:53/udp"],
    ),
    "the tasks of a swarm's service": (
        whole(CLERK, TASK), Target(container="tasks.shop", port=80), Origin("container", container="web"),
        ["container:web -> 172.17.0.3:80/tcp", "container:web -> 127.0.0.11:53/udp"],
    ),
    "the beginning of an id": (
        whole(TWO), Target(container="bbbb"), CLIENT, ["192.0.2.10 -> 198.51.100.11:8153/tcp"],
    ),
    "from the host's own address": (
        whole(), TO_WEB, Origin("address", version=4, address=parse_address("198.51.100.11")[1]), PUBLISHED[2:],
    ),
    "from a container's address": (
        whole(), TO_WEB, Origin("address", version=4, address=parse_address("172.17.0.2")[1]),
        ["container:web -> 198.51.100.11:8151/tcp"],
    ),
    "each port of a range": (
        whole(), Target(8151, last=8152), CLIENT,
        ["192.0.2.10 -> 198.51.100.11:8151/tcp", "192.0.2.10 -> 198.51.100.11:8152/tcp"],
    ),
    "the published ports of a long range": (
        whole(ONE, TWO), Target(8000, last=9000), CLIENT,
        ["192.0.2.10 -> 198.51.100.11:8151/tcp", "192.0.2.10 -> 198.51.100.11:8153/tcp"],
    ),
    "from a container whose name alone was written": (
        whole(), TO_WEB, Origin("container", container="web", bare=True),
        ["container:web -> 198.51.100.11:8151/tcp"],
    ),
    "from a client": (whole(), TO_WEB, CLIENT, PUBLISHED[:1]),
    "from the host": (whole(), TO_WEB, Origin("host"), PUBLISHED[2:]),
    "from a neighbour": (whole(), TO_WEB, Origin("lan"), PUBLISHED[1:2]),
    "from a container": (
        whole(), TO_WEB, Origin("container", container="web"), ["container:web -> 198.51.100.11:8151/tcp"],
    ),
    "an address": (
        whole(), Target(port=8151, version=4, address=9), CLIENT, ["192.0.2.10 -> 0.0.0.9:8151/tcp"],
    ),
    "only the host reaches its loopback": (
        whole(), Target(port=8151, version=4, address=LOOPBACK), None, ["host -> 127.0.0.1:8151/tcp"],
    ),
    "published on loopback": (
        whole(container(binding=ON_LOOPBACK)), TO_WEB, Origin("host"), ["host -> 127.0.0.1:8151/tcp"],
    ),
    "published as udp": (
        whole(container(binding=UDP)), Target(port=5353), CLIENT, ["192.0.2.10 -> 198.51.100.11:5353/udp"],
    ),
    "the asked protocol": (
        whole(), Target(port=8151, protocol="udp"), CLIENT, ["192.0.2.10 -> 198.51.100.11:8151/udp"],
    ),
    "nobody publishes it": (whole(), Target(port=22), CLIENT, ["192.0.2.10 -> 198.51.100.11:22/tcp"]),
    "a container by name": (whole(), Target(container="web"), CLIENT, PUBLISHED[:1]),
    "a container's port": (whole(), Target(container="web", port=80), None, PUBLISHED),
    "a container's port from a container": (
        whole(), Target(container="web", port=80), Origin("container", container="web"),
        ["container:web -> 172.17.0.2:80/tcp"],
    ),
    "a container that publishes nothing": (
        whole(replace(container(), bindings=())), Target(container="web"), None,
        ["container:web -> 203.0.113.80:443/tcp"],
    ),
    "a port that it does not publish": (whole(), Target(container="web", port=81), None, ["host -> 172.17.0.2:81/tcp"]),
}  # fmt: skip


@each_row(("net", "target", "origin", "expected"), CASES.values(), ids=CASES)
def test_flows_for(net: Network, target: Target, origin: Origin | None, expected: list[str]) -> None:
    assert told(flows_for(net, (target,), origin)) == expected


def test_a_question_without_a_target_means_published_ports_and_egress() -> None:
    flows = flows_for(whole(), (), None)
    assert told(flows)[:4] == PUBLISHED
    assert [each.purpose for each in flows] == ["published"] * 4 + ["egress"] * (len(flows) - 4)
    assert told(flows)[4] == "container:web -> 203.0.113.80:443/tcp"


@pytest.mark.parametrize("origin", ("web", "172.17.0.2"))
def test_a_sender_without_a_target_is_asked_for_its_ways_out(origin: str) -> None:
    plain = [each for each in told(flows_for(whole(), (), None)) if each.startswith("container:web")]
    asked = told(flows_for(whole(), (), parse_origin(origin)))
    assert plain
    assert [each for each in asked if "8151" not in each] == plain


@pytest.mark.parametrize("origin", ("host", "lan", "192.0.2.10"))
def test_another_sender_has_no_way_out_of_a_container(origin: str) -> None:
    assert all("8151" in each for each in told(flows_for(whole(), (), parse_origin(origin))))


def test_a_sender_whose_networks_have_no_way_out_is_not_asked_for_one() -> None:
    docker = engine(container())
    internal = replace(docker, networks=tuple(replace(each, internal=True) for each in docker.networks))
    assert all("8151" in each for each in told(flows_for(network(docker=internal), (), parse_origin("web"))))


def test_a_stopped_sender_is_asked_for_its_way_out() -> None:
    """Its walk shows that it sends no packet."""
    stopped = whole(replace(container("exited"), bindings=()))
    assert told(flows_for(stopped, (), parse_origin("web"))) == ["container:web -> 203.0.113.80:443/tcp"]


# containers that a question without a target does not mean
UNASKED: dict[str, Container] = {
    "ended well, not restarted": replace(container("exited"), exit_code=0, restart_policy="no"),
    "publishes no port": replace(container(), bindings=()),
}


@pytest.mark.parametrize("quiet", UNASKED.values(), ids=UNASKED)
def test_ports_that_no_client_reaches_are_not_asked_about(quiet: Container) -> None:
    assert [each for each in flows_for(whole(quiet), (), None) if each.purpose == "published"] == []


@pytest.mark.parametrize(("internal", "is_asked"), ((True, True), (False, False)))
def test_an_ignored_port_is_asked_if_all_networks_are_internal(*, internal: bool, is_asked: bool) -> None:
    idle = tuple(replace(each, actual=False) for each in container().bindings)
    docker = engine(replace(container(), bindings=idle))
    networks = tuple(replace(each, internal=internal) for each in docker.networks)
    net = network(docker=replace(docker, networks=networks))
    assert any(each.dport == 8151 for each in flows_for(net, (), None)) is is_asked


def test_a_container_that_failed_is_asked_about() -> None:
    failed = replace(container("exited"), exit_code=1, restart_policy="always")
    assert told(flows_for(whole(failed), (), None)) == PUBLISHED


def test_a_port_on_loopback_is_asked_from_the_host_alone() -> None:
    flows = flows_for(whole(container(binding=ON_LOOPBACK)), (), None)
    assert told([each for each in flows if each.purpose == "published"]) == ["host -> 127.0.0.1:8151/tcp"]


def test_flows_have_source_ports_of_their_own() -> None:
    flows = flows_for(whole(), (TO_WEB, TO_WEB), None)
    assert told(flows) == PUBLISHED
    assert len({each.sport for each in flows}) == len(flows)


def test_a_client_that_nobody_named_has_stand_ins() -> None:
    (first, *_) = flows_for(whole(), (TO_WEB,), None)
    (named,) = flows_for(whole(), (TO_WEB,), CLIENT)
    assert first.stand_ins
    assert named.stand_ins == ()


ERRORS: dict[str, tuple[Network, Target, Origin | None, str]] = {
    "no such container": (
        whole(), Target(container="x"), None, "this host has no container or alias 'x' .containers: web",
    ),
    "no such client container": (whole(), TO_WEB, Origin("container", container="x"), "no container or alias 'x'"),
    "a word that is no place": (
        whole(), TO_WEB, Origin("container", container="wbe", bare=True),
        (
            "--from wbe: write an address, outside, host, lan or container:NAME; "
            "this host has no container or alias 'wbe' .* did you mean web\\?"
        ),
    ),
    "a service with several containers as the client": (
        whole(ONE, TWO), TO_WEB, Origin("container", container="api"), "write one of web, api-2",
    ),
    "an alias of several containers as the client": (
        whole(*ALIASED), TO_WEB, Origin("container", container="db"), "alias of several .* write one of db-c, db-d",
    ),
    "a mistyped port": (whole(), Target(container="8i51"), None, r"did you mean 8151\?"),
    "the client's namespace is not known": (
        whole(replace(container(), netns=None)), TO_WEB, Origin("container", container="web"),
        "did not read the network namespace of container 'web'",
    ),
    "publishes nothing, and a client is named": (
        whole(replace(container(), bindings=())), Target(container="web"), CLIENT, "name one: web:PORT",
    ),
    "has no address": (
        whole(replace(container(), bindings=(), endpoints=())), Target(container="web", port=80), None,
        "running and has no address",
    ),
    "two families": (whole(), Target(port=80, version=6, address=2), CLIENT, "different address families"),
    "a neighbour's own loopback": (
        whole(), Target(port=80, version=4, address=0x7F000001), Origin("lan"), "is the neighbour itself",
    ),
    "a client's own loopback": (whole(), Target(port=80, version=6, address=1), CLIENT, "::1 is the client itself"),
    "a range without a published port": (
        whole(), Target(port=20000, last=30000), None, "no container publishes a port from 20000 to 30000",
    ),
    "no neighbours": (
        network(replace(host_namespace(), links=(), addresses=(), routes=())), TO_WEB, Origin("lan"),
        "--from lan",
    ),
}  # fmt: skip


@each_row(("net", "target", "origin", "message"), ERRORS.values(), ids=ERRORS)
def test_questions_that_cannot_be_asked(net: Network, target: Target, origin: Origin | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        flows_for(net, (target,), origin)


def test_a_stopped_client_asks_nothing_which_is_an_answer() -> None:
    net = whole(container("exited"))
    left = tuple(each for each in net.this.namespaces if each.name != "container:web")
    net = net.with_host(replace(net.this, namespaces=left))
    (flow,) = flows_for(net, (TO_WEB,), Origin("container", container="web"))
    stop = walk_flow(net, flow).usual.stop
    assert stop is not None
    assert stop.reason == "no-container"


def test_a_snapshot_without_its_host() -> None:
    empty = network()
    empty = empty.with_host(replace(empty.this, namespaces=(Namespace("x"),)))
    with pytest.raises(EvidenceError, match=r"its own network .links, routes, rules. was not read"):
        flows_for(empty, (TO_WEB,), None)


def test_a_running_container_comes_first() -> None:
    stopped = replace(container("exited"), name="old", id="d" * 64)
    assert [each.name for each, _ in bindings_of(whole(stopped, container()).this, 8151)] == ["web", "old"]
    assert bindings_of(whole().this, 8151, "udp") == ()


def test_a_host_without_ipv6_is_asked_by_ipv4_alone() -> None:
    both = replace(container(), bindings=(*container().bindings, SIX))
    assert told(flows_for(whole(both), (TO_WEB,), None)) == PUBLISHED


def test_a_client_of_a_version_that_the_host_lacks_is_an_error() -> None:
    with pytest.raises(UsageError, match="this host has no global IPv6 address"):
        flows_for(network(), (Target(8151),), Origin("address", version=6, address=parse_address("2001:db8::9")[1]))


def test_a_container_without_ipv6_is_a_client_by_ipv4_alone() -> None:
    whole = host_namespace()
    own = Address("eth0", 6, parse_address("2001:db8:2::11")[1], 64)
    both = (PortBinding("tcp", 80, 8151, None, 4), PortBinding("tcp", 80, 8151, None, 6))
    web = replace(container(), bindings=both)
    net = network(replace(whole, addresses=(*whole.addresses, own)), docker=engine(web))
    assert {flow.version for flow in flows_for(net, (Target(8151),), None)} == {4, 6}
    for target in (Target(8151), Target(container="web")):
        assert {flow.version for flow in flows_for(net, (target,), Origin("container", container="web"))} == {4}


def test_a_port_that_is_published_for_ipv6_alone_is_asked_by_ipv6_whoever_asks() -> None:
    own = Address("eth0", 6, parse_address("2001:db8:2::11")[1], 64)
    web = container(binding=SIX)
    net = network(replace(host_namespace(), addresses=(own,)), docker=engine(web))
    assert {
        flow.version for flow in flows_for(net, (Target(container="web"),), Origin("container", container="web"))
    } == {6}


@pytest.mark.parametrize(("status", "names"), (("running", ["api"]), ("restarting", []), ("exited", [])))
def test_the_name_is_asked_of_a_container_that_runs(status: str, names: list[str]) -> None:
    """Until it runs, no server knows it."""
    whole = named("shop", other=("shop",))
    (engine_,) = whole.this.engines
    web, api = engine_.containers
    api = replace(api, status=status, netns=api.netns if status == "running" else None)
    told = replace(engine_, containers=(web, api))
    found = flows_for(
        whole.with_host(replace(whole.this, engines=(told,))),
        (Target(container="api", port=80),),
        Origin("container", container="web"),
    )
    assert [each.asked_name for each in found if each.asked_name] == names
    assert len(found) == 1 + len(names)


@pytest.mark.parametrize("by_name", (False, True))
def test_a_name_that_no_network_has_is_asked_if_a_text_uses_it(by_name: bool) -> None:
    target = Target(container="api", port=80, by_name=by_name)
    found = flows_for(named("bridge"), (target,), Origin("container", container="web"))
    assert [each.asked_name for each in found] == ["", *["api"] * by_name]


FAR = replace(container(), name="api")


def two(*, other: Container = FAR) -> Network:
    """Return two hosts: this one publishes 8151 with web, node2 with another container."""
    this = replace(whole().this, name="node1")
    far = replace(network(docker=engine(other)).this, name="node2")
    own = Address("eth0", 4, parse_address("198.51.100.12")[1], 24)
    addresses = tuple(own if each.link == "eth0" else each for each in far.namespace("host").addresses)
    host = replace(far.namespace("host"), addresses=addresses)
    others = tuple(each for each in far.namespaces if each.name != "host")
    return Network((this, replace(far, namespaces=(host, *others))))


def placed(flows: tuple[Flow, ...]) -> list[str]:
    return [
        f"{each.start_text()}@{each.host} -> {each.target_text()} {each.container}@{each.asked_host}" for each in flows
    ]


# target, origin, the flows
SEVERAL: dict[str, tuple[Target, Origin | None, list[str]]] = {
    "a port is this host's, and the other host is a client, too": (
        TO_WEB, None,
        [
            "192.0.2.10@node1 -> 198.51.100.11:8151/tcp web@node1",
            f"{NEIGHBOUR}@node1 -> 198.51.100.11:8151/tcp web@node1",
            "host@node1 -> 127.0.0.1:8151/tcp web@node1",
            "host@node1 -> 198.51.100.11:8151/tcp web@node1",
            "host@node2 -> 198.51.100.11:8151/tcp web@node1",
        ],
    ),
    "a host is named": (
        Target(8151, host="node2"), CLIENT, ["192.0.2.10@node2 -> 198.51.100.12:8151/tcp api@node2"],
    ),
    "a container that only the other host has": (
        Target(80, container="api"), Origin("host"), ["host@node1 -> 172.17.0.2:80/tcp api@node2"],
    ),
    "from the other host": (
        TO_WEB, Origin("host", host="node2"), ["host@node2 -> 198.51.100.11:8151/tcp web@node1"],
    ),
    "from a container of the other host": (
        TO_WEB, Origin("container", container="api"), ["container:api@node2 -> 198.51.100.11:8151/tcp web@node1"],
    ),
    "an address is that of its host": (
        Target(8151, version=4, address=parse_address("198.51.100.12")[1]), CLIENT,
        ["192.0.2.10@node2 -> 198.51.100.12:8151/tcp api@node2"],
    ),
    "a loopback address is the asker's own": (
        Target(8151, version=4, address=0x7F000001), Origin("host", host="node2"),
        ["host@node2 -> 127.0.0.1:8151/tcp api@node2"],
    ),
    "an address that containers of both have": (
        Target(80, version=4, address=parse_address("172.17.0.2")[1]), Origin("host"),
        ["host@node1 -> 172.17.0.2:80/tcp None@node1"],
    ),
}  # fmt: skip


@each_row(("target", "origin", "expected"), SEVERAL.values(), ids=SEVERAL)
def test_of_several_hosts_each_flow_has_its_host(target: Target, origin: Origin | None, expected: list[str]) -> None:
    assert placed(flows_for(two(), (target,), origin)) == expected


def test_everything_is_what_all_hosts_publish() -> None:
    published = [each for each in flows_for(two(), (), None) if each.purpose == "published"]
    assert {(each.container, each.asked_host) for each in published} == {("web", "node1"), ("api", "node2")}


@pytest.mark.parametrize(("bridge", "asked"), (("none", True), (None, False)), ids=("bridge=none", "another reason"))
def test_a_port_is_asked_though_its_container_was_left_without_a_network(bridge: str | None, asked: bool) -> None:
    flows = flows_for(without_default_network(bridge_name=bridge), (), None)
    assert any(each.dport == 8151 for each in flows) is asked


def mute(state: Literal["hung", "stopped", "answers"]) -> Network:
    host = replace(whole().this, contacts=(Contact("docker", "unix:///run/docker.sock", state),))
    return Network((host,))


@pytest.mark.parametrize("state", ("hung", "stopped"))
def test_a_container_that_a_silent_engine_may_have_is_not_denied(state: Literal["hung", "stopped"]) -> None:
    with pytest.raises(CollectError, match="container 'gone' is unknown, because docker"):
        flows_for(mute(state), (Target(container="gone"),), None)


def test_a_container_that_the_engine_does_not_have_is_denied() -> None:
    with pytest.raises(UnknownNameError, match="no container or alias 'gone'"):
        flows_for(mute("answers"), (Target(container="gone"),), None)


def test_of_many_containers_the_nearest_are_listed() -> None:
    many = [replace(container(), id=f"{n:064x}", name=f"app{n}", bindings=()) for n in range(200)]
    with pytest.raises(UsageError) as refused:
        flows_for(whole(*many), (Target(container="ap17"),), None)
    assert "app17" in str(refused.value)
    assert "and 195 more" in str(refused.value)
    assert len(str(refused.value)) < 160


def test_a_neighbours_address_is_asked_from_the_host_alone() -> None:
    target = Target(port=8151, version=4, address=parse_address("198.51.100.77")[1])
    flows = flows_for(with_world(whole(), World(), (), (target,)), (target,), None)
    assert [(each.start_text(), each.container) for each in flows] == [("host", None)]


def test_a_container_that_does_not_run_is_asked_where_it_will_be() -> None:
    ended = replace(container("restarting"), bindings=(), endpoints=(Endpoint("bridge", "n1"),))
    (flow,) = flows_for(whole(ended), (Target(container="web", port=5432),), None)
    assert (flow.daddr, flow.dport, flow.container) == (WEB, 5432, "web")


def whole_pods(name: str, *sockets: Socket) -> Network:
    inner = replace(container_namespace(sockets), name=name)
    return network(inner=inner, docker=engine())


def told_pods(net: Network) -> list[str]:
    return [f"{each.start_text()} -> {each.target_text()}" for each in pod_flows(net, net.this)]


def test_each_port_of_the_pod_and_its_way_out() -> None:
    on_loopback, listening = Socket("tcp", 4, 0x7F000001, 81), Socket("tcp", 6, None, 80)
    net = whole_pods("netns:cni-1", on_loopback, listening, Socket("tcp", 6, None, 82, v6only=True))
    assert told_pods(net) == ["host -> 172.17.0.2:80/tcp", "netns:cni-1 -> 203.0.113.80:443/tcp"]


def test_other_namespaces_and_pods_without_address_have_none() -> None:
    assert told_pods(whole_pods("container:web", Socket("tcp", 4, None, 80))) == []
    net = whole_pods("netns:cni-1")
    bare = Namespace("netns:cni-1")
    assert told_pods(net.with_namespace(Netns("test", "netns:cni-1"), bare)) == []


def test_the_file_of_a_pod() -> None:
    assert namespace_file(sibling("netns:cni-1")) == "/run/netns/cni-1"
    assert namespace_file(sibling("netns:pid-71")) == "/proc/71/ns/net"
    assert namespace_file(HOST_NETNS) is None


def asked_at(net: Network, origin: Origin | None) -> list[tuple[str, str]]:
    """Return the clients outside and the addresses to which they send, for the published port."""
    flows = flows_for(net, (Target(port=8151),), origin)
    return [(each.start_text(), each.target_text()) for each in flows if isinstance(each.start, Outside)]


FIRST, SECOND_OF_TWO = ("192.0.2.10", "198.51.100.11:8151/tcp"), ("192.0.2.10", "198.18.0.11:8151/tcp")


def test_the_address_of_each_uplink_is_asked() -> None:
    assert asked_at(two_uplinks(), None) == [FIRST, SECOND_OF_TWO]
    assert asked_at(two_uplinks(), parse_origin("192.0.2.10")) == [FIRST, SECOND_OF_TWO]
    assert asked_at(two_uplinks(), parse_origin("host")) == []
    assert asked_at(two_uplinks(router=False), None) == [FIRST]


def test_a_lan_neighbour_is_in_the_network_of_the_uplink_that_it_asks() -> None:
    """A machine in the first uplink's network asks for the second uplink's address by way of a router."""
    network = two_uplinks()
    second = Target(8151, address=SECOND, version=4)
    (near,) = {each.start.address for each in flows_for(network, (second,), None) if isinstance(each.start, Lan)}
    (usual,) = {each.start.address for each in flows_for(network, (Target(8151),), None) if isinstance(each.start, Lan)}
    assert inside(near, SECOND, 24, 4)
    assert not inside(usual, SECOND, 24, 4)


def test_a_client_of_an_uplink_with_a_route_is_in_its_network() -> None:
    """An internal network behind its own router: no client of the Internet comes in there."""
    net = two_uplinks(router=False)
    host = net.namespace(HOST_NETNS)
    inner = route("10.0.0.0/8", "eth1", via="198.18.0.1")
    routed = net.with_namespace(HOST_NETNS, replace(host, routes=(*host.routes, inner)))
    assert asked_at(routed, None) == [FIRST, ("10.255.255.250", "198.18.0.11:8151/tcp")]
    assert asked_at(routed, parse_origin("192.0.2.10")) == [FIRST]
    assert asked_at(routed, parse_origin("10.1.2.3")) == [
        ("10.1.2.3", "198.51.100.11:8151/tcp"),
        ("10.1.2.3", "198.18.0.11:8151/tcp"),
    ]


def test_what_a_failing_health_check_asks_is_part_of_the_plain_question() -> None:
    def plain(health: str, origin: Origin | None = None) -> set[str]:
        checked = ("http://127.0.0.1:8080", "http://203.0.113.9:81", "http://u.example:99999")
        asking = replace(container(), health=health, checked=checked)
        return {
            f"{each.start_text()} -> {each.target_text()}"
            for each in flows_for(network(docker=engine(asking)), (), origin)
        }

    asked = {"container:web -> 127.0.0.1:8080/tcp", "container:web -> 203.0.113.9:81/tcp"}
    assert plain("unhealthy") - plain("healthy") == asked
    assert plain("unhealthy", parse_origin("web")) - plain("healthy", parse_origin("web")) == asked


BUILT = named("shop", other=("shop", "back"))


@pytest.mark.parametrize(("name", "found"), (
    ("api.shop",    ("api", "shop")),
    ("api.back",    ("api", "back")),
    ("api.other",   ("api.other", "")),
    ("api",         ("api", "")),
    ("example.com", ("example.com", "")),
))  # fmt: skip
def test_the_name_and_the_network(name: str, found: tuple[str, str]) -> None:
    target = on_one_network(BUILT, Target(80, container=name))
    assert (target.container, target.network) == found


def test_the_name_is_looked_up_whole() -> None:
    flows = flows_for(BUILT, (Target(80, container="api.shop"),), Origin("container", container="web"))
    assert [(each.daddr, each.asked_name) for each in flows if not each.asked_name] == [(API, "")]
    assert [each.asked_name for each in flows if each.purpose == "dns"] == ["api.shop"]

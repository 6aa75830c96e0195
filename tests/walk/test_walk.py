"""Whole flows on a small host: one thing changed at a time."""

import msgspec
import pytest

from hairpin.host.docker import Container, Endpoint
from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import Neighbour, NextHop, PolicyRule, Route
from hairpin.host.socket import Relay, Socket
from hairpin.netfilter.packet import Connection, Tuple
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import PublicAddress, ReturnRoute, World
from hairpin.walk.walk import walk_flow
from tests.routing_container import INNER, TO_HOST, routing
from tests.rows import each_row
from tests.rule_text import with_rule, without
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    HOST_ADDRESS,
    HOST_NETNS,
    OUTSIDE,
    WEB,
    container_namespace,
    egress,
    host_namespace,
    lo,
    local,
    network,
    published,
    route,
    sibling,
)


def datagram() -> Flow:
    return Flow(OUTSIDE, 4, HOST_ADDRESS, "udp", 9999)


def taken_for_others(sockets: tuple[Socket, ...] | None = None) -> Network:
    """Return a host for which a route of another table takes all that comes in by eth0."""
    everything = Route(4, 0, 0, 100, "local", (NextHop("lo"),))
    policy = (PolicyRule(4, 0, table=255), PolicyRule(4, 100, table=100, iif="eth0"), PolicyRule(4, 32766, table=254))
    return network(host_namespace("", routes=(everything,), policy_rules=policy, sockets=sockets))


def rules(text: str) -> Network:
    return network(host_namespace(text))


def values(**changed: str) -> Network:
    return network(host_namespace(values=changed))


def links(namespace: Namespace, name: str, **changed: object) -> Namespace:
    replaced = tuple(
        msgspec.structs.replace(link, **changed) if link.name == name else link for link in namespace.links
    )
    return msgspec.structs.replace(namespace, links=replaced)


def router_at(mac: int, place: str, rule: str) -> Network:
    """Return the host with one more rule, whose router is known by its link-layer address."""
    router = Neighbour("eth0", 4, parse_address("198.51.100.1")[1], mac, "REACHABLE")
    return network(msgspec.structs.replace(host_namespace(with_rule(place, rule)), neighbours=(router,)))


MACVLAN_ADDRESS = parse_address("198.51.100.77")[1]


def on_macvlan() -> Network:
    """Return the host with one more container, whose macvlan stands on eth0."""
    whole = network()
    uplink = host_namespace().link("eth0")
    assert uplink is not None
    inner = Namespace(
        "container:mv",
        links=(lo(), Link(40, "eth0", "macvlan", peer_index=uplink.index, peer_netnsid=0)),
        addresses=(Address("eth0", 4, MACVLAN_ADDRESS, 24),),
        routes=(
            local("198.51.100.77/32", "eth0"), route("198.51.100.0/24", "eth0"),
            route("default", "eth0", via="198.51.100.1"),
        ),
        sockets=(Socket("tcp", 4, None, 80),),
    )  # fmt: skip
    endpoint = Endpoint("mv", "n9", MACVLAN_ADDRESS, 24)
    container = Container("e" * 64, "mv", "running", endpoints=(endpoint,), netns="container:mv")
    (docker,) = whole.this.engines
    engines = (msgspec.structs.replace(docker, containers=(*docker.containers, container)),)
    host = msgspec.structs.replace(whole.this, namespaces=(*whole.this.namespaces, inner), engines=engines)
    return whole.with_host(host)


def asked_macvlan(start: Start) -> Flow:
    return Flow(start, 4, MACVLAN_ADDRESS, "tcp", 80)


def relaying_to_itself() -> Network:
    """Return a host whose OUTPUT leads docker-proxy to docker-proxy."""
    own = "*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -j DNAT --to-destination 198.51.100.11:8151\nCOMMIT\n"
    return network(host_namespace(own))


HELD = Socket("tcp", 4, None, 8151, process="dockerd", relay=Relay(4, WEB, 80, holds_only=True))

# network, flow, verdict, and (where it stops) stage and reason
CASES: dict[str, tuple[Network, Flow, str, tuple[str, str] | None]] = {
    "outside": (network(), published(), "delivered", None),
    "a datagram that nobody takes": (network(), datagram(), "refused", ("socket", "no-listener")),
    "a datagram that nobody takes, and nobody is told": (
        rules("*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p icmp -j DROP\nCOMMIT\n"),
        datagram(), "dropped", ("socket", "no-listener"),
    ),
    "taken for somebody else, whose address is not the host's to answer from": (
        taken_for_others(), published(address="203.0.113.80"), "unanswered", ("output-route", "no-source-address"),
    ),
    "nobody there, and no address to refuse it from": (
        taken_for_others(sockets=()), published(address="203.0.113.80"), "unanswered", ("socket", "no-listener"),
    ),
    "neighbour": (network(), published(Lan(parse_address("198.51.100.7")[1])), "delivered", None),
    "host by loopback, relayed": (network(), published(FromHost(), "127.0.0.1"), "delivered", None),
    "host by its own address": (network(), published(FromHost()), "delivered", None),
    "container out": (network(), egress(), "leaves", None),
    "interface does not forward": (
        values(conf__eth0__forwarding="0"), published(), "dropped", ("forward", "forwarding-off"),
    ),
    "bridge does not forward the answer": (
        values(conf__docker0__forwarding="0"), published(), "unanswered", ("forward", "forwarding-off"),
    ),
    "forwarding of an idle interface": (values(conf__eth1__forwarding="0"), published(), "delivered", None),
    "forwarding does not matter to the host": (
        values(conf__eth0__forwarding="0", ip_forward="0"), published(FromHost()), "delivered", None,
    ),
    "dropped by a rule": (
        rules(with_rule("filter DOCKER-USER", "-i eth0 -j DROP")), published(), "dropped", ("forward", "rule"),
    ),
    "a rule for another port": (
        rules(with_rule("filter DOCKER-USER", "-i eth0 -p tcp -m tcp --dport 81 -j DROP")), published(),
        "delivered", None,
    ),
    "after DNAT the published port matches nothing": (
        rules(with_rule("filter DOCKER-USER", "-i eth0 -p tcp -m tcp --dport 8151 -j DROP")), published(),
        "delivered", None,
    ),
    "the original port": (
        rules(with_rule("filter DOCKER-USER", "-p tcp -m conntrack --ctorigdstport 8151 -j DROP")),
        published(), "dropped", ("forward", "rule"),
    ),
    "rejected": (
        rules(with_rule("filter FORWARD", "-j REJECT --reject-with icmp-host-prohibited")),
        published(), "rejected", ("forward", "reject"),
    ),
    "an ICMP error about an open connection: the sender goes on trying": (
        rules(with_rule("filter FORWARD", "-p tcp --dport 80 -m conntrack --ctstate ESTABLISHED -j REJECT")),
        published(), "dropped", ("forward", "reject"),
    ),
    "a reset of an open connection": (
        rules(with_rule(
            "filter FORWARD",
            "-p tcp --dport 80 -m conntrack --ctstate ESTABLISHED -j REJECT --reject-with tcp-reset")),
        published(), "rejected", ("forward", "reject"),
    ),
    "answers rejected by a rule for them": (
        rules(with_rule("filter FORWARD", "-i docker0 -p tcp -m tcp --sport 80 -j DROP")),
        published(), "unanswered", ("forward", "rule"),
    ),
    "only new connections accepted: the data behind the handshake dies": (
        rules(without("DOCKER -d 172.17.0.2").replace(
            "-A DOCKER-USER -j RETURN", "-A DOCKER-USER -i eth0 -m conntrack --ctstate NEW -j ACCEPT\n"
            "-A DOCKER-USER -i eth0 -j DROP")),
        published(), "dropped", ("forward", "rule"),
    ),
    "a group that the asker is not in": (
        rules(with_rule("filter OUTPUT", "-m owner --gid-owner 65534 -j DROP")), published(FromHost()),
        "delivered", None,
    ),
    "another link-layer address than the router's": (
        router_at(0x02000000AA01, "filter FORWARD", "-i eth0 -m mac ! --mac-source 02:11:22:33:44:55 -j DROP"),
        published(), "dropped", ("forward", "rule"),
    ),
    "the router's link-layer address": (
        router_at(0x021122334455, "filter FORWARD", "-i eth0 -m mac ! --mac-source 02:11:22:33:44:55 -j DROP"),
        published(), "delivered", None,
    ),
    "what only odd packets carry": (
        rules(with_rule("filter FORWARD", "-p tcp -m string --string evil --algo bm -j DROP").replace(
            "*filter", "*mangle\n:PREROUTING ACCEPT [0:0]\n"
            "-A PREROUTING -p tcp -m tcpmss ! --mss 536:65535 -j DROP\nCOMMIT\n*filter")),
        published(), "delivered", None,
    ),
    "diverted where a transparent socket is": (
        rules(DOCKER_RULES.replace(
            "*filter", "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m socket --transparent -j DROP\n"
            "COMMIT\n*filter")),
        published(), "delivered", None,
    ),
    "a macvlan container from outside": (on_macvlan(), asked_macvlan(OUTSIDE), "delivered", None),
    "a macvlan container from its own host": (
        on_macvlan(), asked_macvlan(FromHost()), "dropped", ("outside", "left-instead"),
    ),
    "the host from its own macvlan container": (
        on_macvlan(), published(FromContainer("mv", sibling("container:mv"))), "dropped", ("outside", "left-instead"),
    ),
    "out there from a macvlan container": (
        on_macvlan(),
        Flow(FromContainer("mv", sibling("container:mv")), 4, parse_address("203.0.113.80")[1], "tcp", 443),
        "leaves", None,
    ),
    "accept missing, policy decides": (
        rules(without("-A DOCKER -d 172.17.0.2")), published(), "dropped", ("forward", "policy"),
    ),
    "the relay comes back to itself": (relaying_to_itself(), published(), "looped", None),
    "nat lost, the relay answers": (
        rules("\n".join(line for line in DOCKER_RULES.splitlines() if "DNAT" not in line) + "\n"),
        published(), "delivered", None,
    ),
    "nat lost, dockerd only holds the port": (
        network(host_namespace(without("DNAT"), sockets=(HELD,))), published(),
        "unanswered", ("socket", "never-accepts"),
    ),
    "nobody listens at the host": (
        network(host_namespace(without("DNAT"), sockets=())), published(), "refused", ("socket", "no-listener"),
    ),
    "nobody listens in the container": (
        network(inner=container_namespace(())), published(), "refused", ("socket", "no-listener"),
    ),
    "listener on the container's loopback": (
        network(inner=container_namespace((Socket("tcp", 4, 0x7F000001, 80),))), published(),
        "refused", ("socket", "no-listener"),
    ),
    "dual-stack listener takes IPv4": (
        network(inner=container_namespace((Socket("tcp", 6, None, 80),))), published(), "delivered", None,
    ),
    "v6only listener does not": (
        network(inner=container_namespace((Socket("tcp", 6, None, 80, v6only=True),))),
        published(), "refused", ("socket", "no-listener"),
    ),
    "container without default route": (
        network(inner=container_namespace(default=False)), published(), "unanswered", ("output-route", "no-route"),
    ),
    "container without default route, asked by its gateway": (
        network(inner=container_namespace(default=False)), published(FromHost(), "127.0.0.1"), "delivered", None,
    ),
    "masquerade missing": (
        rules(without("! -o docker0 -j MASQUERADE")), egress(), "unanswered", ("outside", "source-not-translated"),
    ),
    "masquerade missing, the world knows the way back": (
        network(
            host_namespace(without("! -o docker0 -j MASQUERADE")),
            world=World(return_routes=(ReturnRoute(4, parse_address("172.17.0.0")[1], 16),)),
        ),
        egress(), "leaves", None,
    ),
    "rp_filter strict on an asymmetric path": (
        network(host_namespace(values={"conf__eth0__rp_filter": "1"}, routes=(route("192.0.2.0/24", "docker0"),))),
        published(), "dropped", ("input-route", "rp-filter"),
    ),
    "rp_filter: the larger of all and the interface counts": (
        network(host_namespace(
            values={"conf__eth0__rp_filter": "2", "conf__all__rp_filter": "1"},
            routes=(route("192.0.2.0/24", "docker0"),),
        )),
        published(), "unanswered", ("neighbour", "no-neighbour"),
    ),
    "the host answers no ARP request, and a neighbour asks": (
        values(conf__all__arp_ignore="8"), published(Lan(parse_address("198.51.100.7")[1])),
        "dropped", ("neighbour", "no-neighbour"),
    ),
    "policy rule to a blackhole for answers": (
        network(host_namespace(policy_rules=(
            PolicyRule(4, 0, table=255), PolicyRule(4, 100, "blackhole", iif="docker0"),
            PolicyRule(4, 32766, table=254),
        ))),
        published(), "unanswered", ("input-route", "route-type"),
    ),
    "uplink down": (
        network(links(host_namespace(), "eth0", up=False)), published(), "dropped", ("device-in", "link-down"),
    ),
    "veth beside its bridge": (
        network(links(host_namespace(), "veth1", master=None, port=None)), published(),
        "dropped", ("neighbour", "no-neighbour"),
    ),
    "host end of the veth down": (
        network(links(host_namespace(), "veth1", up=False)), published(), "dropped", ("neighbour", "link-down"),
    ),
    "notrack: no translation": (
        network(host_namespace(
            "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i eth0 -j CT --notrack\nCOMMIT\n" + DOCKER_RULES,
            sockets=(),
        )),
        published(), "refused", ("socket", "no-listener"),
    ),
    "public address, gateway maps it, from outside": (
        network(world=World(publics=(PublicAddress(4, parse_address("203.0.113.9")[1], HOST_ADDRESS),))),
        published(address="203.0.113.9"), "delivered", None,
    ),
    "public address from the host: the gateway does not hairpin": (
        network(world=World(publics=(PublicAddress(4, parse_address("203.0.113.9")[1], HOST_ADDRESS),))),
        published(FromHost(), "203.0.113.9"), "dropped", ("outside", "gateway-does-not-hairpin"),
    ),
}  # fmt: skip


@each_row(("net", "flow", "verdict", "stop"), CASES.values(), ids=CASES)
def test_walk(net: Network, flow: Flow, verdict: str, stop: tuple[str, str] | None) -> None:
    trace = walk_flow(net, flow)
    ended = trace.usual.stop
    assert (trace.verdict, (ended.stage, ended.reason) if ended is not None else None) == (verdict, stop)


def test_every_step_stands_in_a_namespace_of_the_snapshot() -> None:
    trace = walk_flow(network(), published())
    assert {step.netns for step in (*trace.usual.request, *trace.usual.reply)} == {HOST_NETNS, sibling("container:web")}
    assert [step.packet.daddr for step in trace.usual.request][-1] == WEB


def test_the_answer_has_the_asked_address_again() -> None:
    trace = walk_flow(network(), published())
    last = trace.usual.reply[-1].packet
    assert (last.saddr, last.sport, last.daddr) == (HOST_ADDRESS, 8151, CLIENT)


def test_a_conntrack_entry_decides_before_the_rules() -> None:
    """A stale UDP entry keeps the translation of yesterday, whatever the rules say now."""
    flow = Flow(OUTSIDE, 4, HOST_ADDRESS, "udp", 8151, sport=5000)
    asked = Tuple(CLIENT, HOST_ADDRESS, 17, 5000, 8151)
    stale = Connection(4, asked, Tuple(parse_address("172.17.0.9")[1], CLIENT, 17, 53, 5000), 34, live=True)
    host = msgspec.structs.replace(host_namespace(), connections=(stale,))
    stop = walk_flow(network(host), flow).usual.stop
    assert stop is not None
    assert (stop.reason, stop.address) == ("no-neighbour", parse_address("172.17.0.9")[1])


def test_an_unknown_match_makes_the_verdict_depend() -> None:
    unknown = with_rule("filter DOCKER-USER", "-m bpf --bytecode x -j DROP")
    trace = walk_flow(rules(unknown), published())
    assert trace.verdict == "depends"
    assert {"delivered", "dropped"} <= {branch.verdict for branch in trace.branches}
    assert any("bpf" in str(condition.said) for condition in trace.conditions)


def test_an_unknown_match_before_a_log_makes_no_difference() -> None:
    harmless = with_rule("filter DOCKER-USER", "-m limit --limit 3/min -j LOG")
    assert walk_flow(rules(harmless), published()).verdict == "delivered"


def test_an_opaque_program_on_the_device_makes_the_verdict_depend() -> None:
    host = host_namespace()
    eth0 = next(link for link in host.links if link.name == "eth0")
    seen: tuple[Link, ...] = tuple(
        msgspec.structs.replace(eth0, xdp=True) if link is eth0 else link for link in host.links
    )
    assert walk_flow(network(msgspec.structs.replace(host, links=seen)), published()).verdict == "depends"


def test_rules_that_could_not_be_read_make_the_verdict_depend() -> None:
    host = msgspec.structs.replace(host_namespace(), unread=("iptables-nft-save4",))
    trace = walk_flow(network(host), published())
    assert trace.verdict == "depends"
    assert trace.usual.verdict == "delivered"
    said = [str(condition.said) for condition in trace.conditions]
    assert said == ["the firewall rules of host, which hairpin could not read, let the packet pass"]


def test_unread_rules_of_the_other_family_do_not_matter() -> None:
    host = msgspec.structs.replace(host_namespace(), unread=("iptables-nft-save6",))
    assert walk_flow(network(host), published()).verdict == "delivered"


def test_a_container_whose_namespace_was_not_read_makes_the_verdict_depend() -> None:
    whole = network()
    blind = whole.with_host(msgspec.structs.replace(whole.this, namespaces=(host_namespace(),)))
    trace = walk_flow(blind, published())
    assert trace.verdict == "depends"
    assert "not read" in str(trace.conditions[0].said)


def test_a_permanent_neighbour_entry_for_another_hardware_address_loses_the_packet() -> None:
    inner = container_namespace()
    named = msgspec.structs.replace(
        inner, links=tuple(msgspec.structs.replace(link, mac=0x0242AC110002) for link in inner.links)
    )
    entries = (Neighbour("docker0", 4, WEB, 0x0242AC110002, "PERMANENT"),)
    right = msgspec.structs.replace(host_namespace(), neighbours=entries)
    assert walk_flow(network(right, named), published()).verdict == "delivered"
    wrong = msgspec.structs.replace(right, neighbours=(msgspec.structs.replace(entries[0], mac=0xDEADBEEF),))
    stop = walk_flow(network(wrong, named), published()).usual.stop
    assert stop is not None
    assert stop.reason == "neighbour-wrong"


# host, the verdict on a flow of a client behind its container
BEHIND_CONTAINER: dict[str, tuple[Network, str]] = {
    "the host has no route to it": (routing(), "unanswered"),
    "the host has a route by the container": (
        routing(route("10.13.13.0/24", "docker0", via="172.17.0.2")), "delivered",
    ),
    "the container masquerades it": (routing(masquerades=True), "delivered"),
    "the container does not forward": (routing(forwards=False), "dropped"),
}  # fmt: skip


@pytest.mark.parametrize(("whole", "verdict"), BEHIND_CONTAINER.values(), ids=BEHIND_CONTAINER)
def test_a_client_behind_a_container(whole: Network, verdict: str) -> None:
    found = walk_flow(whole, TO_HOST)
    assert found.verdict == verdict
    assert found.usual.request[1].netns == INNER

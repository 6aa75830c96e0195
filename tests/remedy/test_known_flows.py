"""Which flows a remedy is held against."""

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.causes.where import OfPolicyRule, OfRule, OfSysctl, Where
from hairpin.change.change import Change, DeleteRule
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.repair.connecting import connecting_change
from hairpin.engines.repair.starting import starting_change
from hairpin.host.docker import Endpoint
from hairpin.host.link import Link
from hairpin.host.route import PolicyRule
from hairpin.host.socket import Socket
from hairpin.network.flow import FromContainer
from hairpin.network.network import Network
from hairpin.network.prefix import parse_prefix
from hairpin.remedy.effects import Others, others_of
from hairpin.remedy.known_flows import Known, flow_key, flows_to_joined, known_flows, still_stopped
from hairpin.walk.decided import RuleDecided
from hairpin.walk.walked import walked
from tests.engines.repair.test_connecting import with_second
from tests.many_hosts import COUNT, FIRST_PORT, flows_of_many, many, rules_text
from tests.small_host import (
    HOST_NETNS,
    container,
    container_namespace,
    host_namespace,
    network,
    published,
    route,
    sibling,
)

SSHD = Socket("tcp", 4, None, 22, process="sshd")
LOCAL = Socket("tcp", 4, 0x7F000001, 631, process="cupsd")


def told(whole: Network) -> list[str]:
    return [f"{each.flow.start_text()} {each.flow.target_text()} {each.group}" for each in known_flows(whole)]


def test_published_ports_are_asked_from_each_standpoint_and_from_a_container() -> None:
    found = told(network())
    for start in ("192.0.2.10", "lan (198.51.100.250)", "host", "container:web"):
        assert f"{start} 198.51.100.11:8151/tcp published" in found


def test_sockets_are_asked_from_outside_unless_they_are_on_loopback() -> None:
    found = told(network(host_namespace(sockets=(SSHD, LOCAL))))
    assert "192.0.2.10 198.51.100.11:22/tcp service" in found
    assert not any(":631/" in each for each in found)


@pytest.mark.parametrize(
    ("socket", "known"),
    (
        (Socket("udp", 4, None, 50965, process="slirp4netns"), False),
        (Socket("udp", 4, None, 5353, process="slirp4netns"), True),
        (Socket("udp", 4, None, 51820), True),
    ),
    ids=("an exchange of a container", "a published port", "WireGuard"),
)
def test_what_a_network_stack_sends_from_is_no_service(socket: Socket, known: bool) -> None:
    found = told(network(host_namespace(sockets=(SSHD, socket))))
    assert any(f":{socket.port}/udp" in each for each in found) is known


def test_a_container_is_asked_directly_at_what_it_publishes_and_at_the_rest() -> None:
    own = container_namespace((Socket("tcp", 4, None, 80), Socket("udp", 4, None, 9)))
    found = told(network(inner=own))
    assert "192.0.2.10 172.17.0.2:80/tcp published" in found
    assert "192.0.2.10 172.17.0.2:9/udp unpublished" in found


def test_a_service_of_the_host_is_asked_from_each_side() -> None:
    found = [each for each in told(network(host_namespace(sockets=(SSHD,)))) if ":22/" in each]
    assert found == [
        "192.0.2.10 198.51.100.11:22/tcp service",
        "lan (198.51.100.250) 198.51.100.11:22/tcp service",
        "host 127.0.0.1:22/tcp service",
        "container:web 172.17.0.1:22/tcp service",
        "container:web 198.51.100.11:22/tcp service",
    ]


def test_a_container_goes_out_by_tcp_and_udp_and_into_the_lan() -> None:
    found = [each for each in told(network()) if each.endswith("way-out")]
    assert "container:web 203.0.113.80:443/tcp way-out" in found
    assert "container:web 203.0.113.80:443/udp way-out" in found
    assert any(" 198.51.100.250:80/tcp " in each for each in found)


def test_no_flow_comes_twice() -> None:
    keys = [flow_key(each.flow) for each in known_flows(network())]
    assert len(keys) == len(set(keys))
    assert flow_key(published()) in keys


def test_a_host_of_which_nothing_was_read_has_none() -> None:
    whole = network()
    assert known_flows(whole.with_host(replace(whole.this, namespaces=()))) == ()


def with_other(*networks: str) -> tuple[Network, Change]:
    """Return the host whose container ``db`` is on these networks, and the change by which ``web`` joins ``zoo``."""
    whole, second = with_second("zoo")
    endpoints = tuple(Endpoint(each, "n") for each in networks)
    db = replace(container(), id="d" * 64, name="db", netns="container:db", endpoints=endpoints)
    docker = replace(whole.this.engines[0], containers=(container(), db))
    inner = replace(container_namespace(), name="container:db")
    whole = whole.with_host(replace(whole.this, namespaces=(*whole.this.namespaces, inner), engines=(docker,)))
    change = connecting_change(whole.this, container(), second)
    assert change is not None
    return whole, change


def test_another_container_of_the_network_reaches_its_ports() -> None:
    (flow,) = flows_to_joined(*with_other("zoo"))
    assert (flow.start, flow.dport) == (FromContainer("db", sibling("container:db")), 80)


def test_nobody_reaches_more_of_it_where_nobody_else_is_on_the_network() -> None:
    assert list(flows_to_joined(*with_other("bridge"))) == []


def test_a_start_joins_nothing() -> None:
    whole, _ = with_other("zoo")
    ended = replace(container(), status="exited")
    docker = replace(whole.this.engines[0], containers=(ended, whole.this.engines[0].containers[1]))
    host = replace(whole.this, engines=(docker,))
    change = starting_change(host, ended, ended.bindings[0])
    assert change is not None
    assert list(flows_to_joined(whole.with_host(host), change)) == []


def wall(net: Network) -> OfRule:
    """Return the place of the rule that stops the first flow from outside."""
    stop = walked(net, flows_of_many()[0]).usual.stop
    assert stop is not None
    assert isinstance(stop.decided_by, RuleDecided)
    return OfRule(stop.decided_by.place)


def left(net: Network, where: Where, then: Others | None = None) -> tuple[Known, ...]:
    """Return what stays stopped on this host, or after a change."""
    others = others_of(net)
    return still_stopped(net, others.known, others.traces, (then or others).traces, where)


def test_every_published_port_and_way_out_behind_the_rule_is_told() -> None:
    net = many(rules_text(forward="-A FORWARD -i eth0 -j DROP"))
    found = left(net, wall(net))
    assert {each.flow.dport for each in found if each.group == "published"} == {FIRST_PORT + n for n in range(COUNT)}
    assert {type(each.flow.start) for each in found if each.group == "way-out"} == {FromContainer}


def test_what_the_repair_lets_pass_is_not_told() -> None:
    net = many(rules_text(forward="-A FORWARD -i eth0 -j DROP"))
    where = wall(net)
    change = Change((DeleteRule(HOST_NETNS, where.place),))
    assert left(net, where, others_of(net).after(change, simulate(change, net))) == ()


def test_another_rule_and_another_cause_are_not_told() -> None:
    net = many(rules_text(forward="-A FORWARD -s 172.17.0.0/16 -j DROP"))
    of_outside = many(rules_text(forward="-A FORWARD -i eth0 -j DROP"))
    assert left(net, wall(of_outside)) == ()
    assert left(net, OfSysctl(("net", "ipv4", "ip_forward"), "0", "1")) == ()


@pytest.mark.parametrize(("source", "count"), (("172.17.0.0/16", 3), ("172.18.0.0/16", 0)))
def test_the_ways_out_that_the_same_policy_rule_leads_away_are_told(source: str, count: int) -> None:
    _, base, length = parse_prefix(source)
    rule = PolicyRule(4, 5270, table=52, source=(base, length))
    away = route("default", "tun0", table=52)
    host = host_namespace(
        routes=(away,), policy_rules=(PolicyRule(4, 0, table=255), rule, PolicyRule(4, 32766, table=254))
    )
    tun = Link(9, "tun0", "tun", carrier=False, operstate="DOWN")
    net = network(msgspec.structs.replace(host, links=(*host.links, tun)))
    found = left(net, OfPolicyRule(rule))
    assert len([each for each in found if each.group == "way-out"]) == count

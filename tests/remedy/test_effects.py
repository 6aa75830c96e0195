"""What a remedy opens, breaks and brings back; the narrowest one comes first."""

import pytest
from msgspec.structs import replace

from hairpin.causes.cause import Candidate, Way
from hairpin.causes.where import OfFile
from hairpin.change.change import Change, InsertRule
from hairpin.diagnose.diagnose import diagnose
from hairpin.host.boot.saved_rules import rule_of
from hairpin.host.docker import Container, Endpoint, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.route import NextHop, PolicyRule, Route
from hairpin.host.socket import Relay, Socket
from hairpin.message import message
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.network.world import World
from hairpin.remedy.decisions import without_ways_past_decisions
from hairpin.remedy.effects import flow_told, others_of, services_of, with_effects
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import Remedy
from tests.causes.hosts import asked, ruled
from tests.rule_text import with_rule
from tests.small_host import (
    CLIENT,
    GATEWAY,
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    local,
    network,
    published,
)

NOTHING = message("nothing")
SSH, WWW = (asked(Outside(CLIENT), "198.51.100.11", port) for port in (22, 7000))
SOCKETS = tuple(Socket("tcp", 4, None, port) for port in (22, 7000))


def closed(rule: str) -> Network:
    """Return the host with two services of its own behind a rule in INPUT."""
    return network(host_namespace(with_rule("filter INPUT", rule), sockets=SOCKETS))


def answered(whole: Network, flow: Flow, *, meant: bool = False) -> tuple[Remedy, ...]:
    (suspect,) = diagnose(whole, flow).causes
    candidate = suspect.candidate if meant else without_ways_past_decisions(suspect.candidate)
    made = remedies(suspect.cause, candidate, whole)
    return with_effects(made, candidate, others_of(whole), (flow,), (), meant=meant)


def changed(remedy: Remedy) -> list[tuple[str, str, str]]:
    assert remedy.effects is not None
    return [(flow_told(each.flow), each.before, each.after) for each in remedy.effects.found]


def diverted(remedy: Remedy) -> list[tuple[str, tuple[str, str]]]:
    assert remedy.effects is not None
    return [(flow_told(each.flow), each.links) for each in remedy.effects.diverts]


def test_what_opens_another_service_is_behind_what_opens_this_one_alone() -> None:
    first, second = answered(closed("-j DROP"), WWW)
    (command,) = first.commands
    assert command.endswith("iptables -I INPUT -i eth0 -p tcp --dport 7000 -j ACCEPT")
    assert first.harm == 0
    assert second.id == "delete-rule"
    opened = changed(second)
    assert ("192.0.2.10 → 198.51.100.11:22/tcp", "dropped", "delivered") in opened


def test_a_rule_about_this_port_alone_is_taken_away_first() -> None:
    first, _ = answered(closed("-p tcp --dport 7000 -j DROP"), WWW)
    assert first.id == "delete-rule"
    assert first.harm == 0
    assert first.effects is not None
    assert first.effects.count > 0


def test_what_the_same_accident_stopped_is_brought_back_and_what_was_meant_is_opened() -> None:
    dropped = ruled(with_rule("filter DOCKER-USER", "-i eth0 -j DROP"))
    accident, *_ = answered(dropped, published())
    assert accident.id == "delete-rule"
    assert accident.effects is not None
    assert "lan (198.51.100.250) → 198.51.100.11:8151/tcp" in [flow_told(e.flow) for e in accident.effects.restores]
    assert accident.harm == 0
    meant, *_ = answered(dropped, published(), meant=True)
    assert meant.id == "insert-rule"
    assert meant.effects is not None
    assert [flow_told(each.flow) for each in meant.effects.opens] == ["lan (198.51.100.250) → 198.51.100.11:8151/tcp"]


def test_what_a_change_breaks_is_said() -> None:
    whole = closed("-p tcp --dport 7000 -j DROP")
    rule = rule_of("ip", "filter", "INPUT", "-p tcp --dport 22 -j DROP")
    assert rule is not None
    (suspect,) = diagnose(whole, WWW).causes
    deletion = suspect.candidate.change.parts
    breaking = Change((*deletion, InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "INPUT", rule, 1)))
    candidate = Candidate(NOTHING, NOTHING, breaking, OfFile(""), "dropping-rule")
    (told,) = with_effects(
        remedies("some-cause", candidate, whole), candidate, others_of(whole), (WWW,), (), meant=False
    )
    assert ("192.0.2.10 → 198.51.100.11:22/tcp", "delivered", "dropped") in changed(told)


def test_another_end_of_a_flow_that_still_fails_is_no_side_effect() -> None:
    whole = closed("-p tcp --dport 7000 -j DROP")
    rule = rule_of("ip", "filter", "INPUT", "-p tcp --dport 22 -j DROP")
    assert rule is not None
    shut = network(host_namespace(with_rule("filter INPUT", "-p tcp --dport 22 -j REJECT"), sockets=SOCKETS))
    breaking = Change((InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "INPUT", rule, 1),))
    candidate = Candidate(NOTHING, NOTHING, breaking, OfFile(""), "dropping-rule")
    for found, changes in ((whole, True), (shut, False)):
        (told,) = with_effects(
            remedies("some-cause", candidate, found), candidate, others_of(found), (), (), meant=False
        )
        assert any("198.51.100.11:22/tcp" in flow for flow, _, _ in changed(told)) == changes


def test_a_way_that_does_not_deliver_the_flow_is_left_out() -> None:
    whole = closed("-p tcp --dport 7000 -j DROP")
    (suspect,) = diagnose(whole, WWW).causes
    other = rule_of("ip", "filter", "INPUT", "-p tcp --dport 7001 -j ACCEPT")
    assert other is not None
    useless = Way(Change((InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "INPUT", other, 1),)))
    candidate = replace(suspect.candidate, ways=(useless,))
    made = remedies(suspect.cause, candidate, whole)
    assert len(made) == 2
    assert len(with_effects(made, candidate, others_of(whole), (WWW,), (), meant=False)) == 1


def test_flows_that_do_not_pass_the_changed_chain_are_not_walked_again() -> None:
    first, _ = answered(closed("-p tcp --dport 7000 -j DROP"), WWW)
    whole = others_of(closed("-p tcp --dport 7000 -j DROP"))
    assert first.effects is not None
    assert first.effects.count < len(whole.traces)


def test_ssh_is_untouched() -> None:
    assert diagnose(closed("-p tcp --dport 7000 -j DROP"), SSH).causes == ()


TUN = Link(60, "tun0", "tun", flags=("NOARP",))
LOCAL_TABLE, MAIN_TABLE = PolicyRule(4, 0, table=255), PolicyRule(4, 32766, table=254)
VPN = PolicyRule(4, 32765, table=51820, inverted=True, mark=(0xCA6C, 0xFFFFFFFF), text="32765: not from all")


def with_vpn() -> Network:
    """Return the host whose VPN takes everything, what goes to its containers, too."""
    host = host_namespace(policy_rules=(LOCAL_TABLE, VPN, MAIN_TABLE))
    route = Route(4, 0, 0, table=51820, next_hops=(NextHop("tun0"),))
    return network(replace(host, links=(*host.links, TUN), routes=(*host.routes, route)))


def test_no_repair_takes_the_host_off_its_vpn() -> None:
    narrow, every = answered(with_vpn(), published())
    to = "ip rule add priority 32764 to 172.17.0.0/16 lookup main"
    assert narrow.commands == (to, "ip rule add priority 32763 from 172.17.0.0/16 ipproto 6 sport 80 lookup main")
    assert narrow.harm == 0
    assert every.commands == (to, "ip rule add priority 32763 from 172.17.0.0/16 lookup main")


def through_halves(link: Link) -> Network:
    """Return the host with two routes to everything by that link, as OpenVPN makes them, beside its default route."""
    host = host_namespace(policy_rules=(LOCAL_TABLE, MAIN_TABLE))
    halves = tuple(Route(4, base, 1, next_hops=(NextHop(link.name),)) for base in (0, 1 << 31))
    return network(replace(host, links=(*host.links, link), routes=(*host.routes, *halves)))


def test_the_answers_of_one_port_go_past_a_vpn_that_takes_everything() -> None:
    narrow, wide = answered(through_halves(TUN), published())
    assert narrow.commands == (
        "ip route add default via 198.51.100.1 dev eth0 table 100",
        "ip rule add priority 32765 from 172.17.0.0/16 ipproto 6 sport 80 lookup 100",
    )
    assert narrow.harm == 0
    assert wide.commands == ("ip route del 128.0.0.0/1 dev tun0",)
    assert ("tun0", "eth0") in [links for _, links in diverted(wide)]


def test_another_link_than_a_tunnel_is_not_gone_round() -> None:
    dead = Link(60, "eth9", carrier=False, operstate="DOWN")
    (back,) = answered(through_halves(dead), published())
    assert back.commands == ("ip route del 128.0.0.0/1 dev eth9",)


def test_a_dead_vpn_is_gone_round_for_the_containers_and_its_rule_stays() -> None:
    """The way to the containers is in the main table; replies and what containers send go into the dead tunnel."""
    dead = replace(TUN, carrier=False, operstate="DOWN")
    main = replace(VPN, priority=32764, inverted=False, mark=None, table=254, suppress_prefix_length=0)
    host = host_namespace(policy_rules=(LOCAL_TABLE, main, VPN, MAIN_TABLE))
    route = Route(4, 0, 0, table=51820, next_hops=(NextHop("tun0"),))
    whole = network(replace(host, links=(*host.links, dead), routes=(*host.routes, route)))
    suspect = next(
        each.causes[0]
        for each in diagnose(whole, published()).sets
        if each.causes[0].cause == "policy-rule-diverts-container-traffic"
    )
    made = remedies(suspect.cause, suspect.candidate, whole)
    told = with_effects(made, suspect.candidate, others_of(whole), (published(), egress()), (), meant=False)
    assert [each.commands for each in told] == [
        ("ip rule add priority 32764 from 172.17.0.0/16 ipproto 6 sport 80 lookup main",),
        ("ip rule add priority 32764 from 172.17.0.0/16 lookup main",),
    ]


def three_containers() -> Network:
    """Return the host with three containers, each of which publishes a port that docker-proxy serves to the others."""
    spaces, served, listed, veths = list[Namespace](), list[Socket](), list[Container](), list[Link]()
    for number, name in enumerate(("web", "db", "admin")):
        address, port, own = WEB + number, 8151 + number, container_namespace()
        routes = (*own.routes[:2], local(f"172.17.0.{2 + number}/32", "eth0"), *own.routes[3:])
        addresses = (own.addresses[0], Address("eth0", 4, address, 16))
        links = (own.links[0], Link(4, "eth0", "veth", peer_index=5 + number, peer_netnsid=0))
        spaces.append(replace(own, name=f"container:{name}", links=links, addresses=addresses, routes=routes))
        served.append(Socket("tcp", 4, None, port, process="docker-proxy", relay=Relay(4, address, 80)))
        endpoint = Endpoint("bridge", "n1", address, 16, gateway4=GATEWAY)
        one = container(binding=PortBinding("tcp", 80, port, None, 4))
        listed.append(replace(one, id=name, name=name, endpoints=(endpoint,), netns=f"container:{name}"))
        veths.append(
            Link(5 + number, f"veth{number}", "veth", master="docker0", peer_index=4, peer_netnsid=number,
                 port=BridgePort())
        )  # fmt: skip
    host = host_namespace(sockets=tuple(served))
    host = replace(host, links=(*host.links[:3], *veths))
    return Network((Host("test", namespaces=(host, *spaces), engines=(engine(*listed),)),), World())


ALL = ["admin", "db", "web"]


@pytest.mark.parametrize(
    ("source", "asked_anew"),
    (("172.17.0.4/32", ALL), ("172.17.0.2/32", ALL), ("172.17.0.0/16", ["web"])),
    ids=["one that asks one", "the one that asks all", "every container"],
)
def test_all_that_one_container_asks_is_told_where_it_alone_is_touched(source: str, asked_anew: list[str]) -> None:
    """Of the published ports each container asks the first one that is another's, and one container asks all."""
    whole = three_containers()
    rule = rule_of("ip", "filter", "INPUT", f"-s {source} -j DROP")
    assert rule is not None
    change = Change((InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "INPUT", rule, 1),))
    candidate = Candidate(NOTHING, NOTHING, change, OfFile(""), "dropping-rule")
    (told,) = with_effects(remedies("some-cause", candidate, whole), candidate, others_of(whole), (), (), meant=False)
    assert told.effects is not None
    last = "web" if source == "172.17.0.2/32" else "admin"
    closed = {each.flow.container for each in told.effects.closes if each.flow.start_text() == f"container:{last}"}
    assert sorted(str(each) for each in closed) == asked_anew


def test_a_published_port_is_the_owners_whichever_sharer_is_asked() -> None:
    """A container of a pod has no published port of its own, and serves behind the one of the pod."""
    side = replace(
        container(), id="d" * 64, name="side", network_mode=f"container:{container().id}", bindings=(), endpoints=()
    )
    flow = replace(published(), container="side")
    asked_for = {port for _, _, port, _ in services_of(flow, network(docker=engine(container(), side)))}
    assert asked_for == {8151, 80}
    alone = replace(side, network_mode="bridge")
    assert {port for _, _, port, _ in services_of(flow, network(docker=engine(container(), alone)))} == {8151}

import msgspec
import pytest

from hairpin.beside.flows.inward_only import own_flows_left_out, told_of_left_out
from hairpin.host.link import Address
from hairpin.host.route import PolicyRule
from hairpin.host.socket import Relay, Socket
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset
from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for
from tests.causes.ipv6_hosts import with_ipv6
from tests.rule_text import with_rule
from tests.small_host import (
    DOCKER_RULES,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container,
    engine,
    host_namespace,
    local,
    network,
    number,
)
from tests.two_uplinks import OF_SECOND, SECOND, two_uplinks

TO_PUBLISHED = with_rule("nat PREROUTING", "-i eth0 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8151")


def asked(rules: str, port: int) -> tuple[Network, tuple[Flow, ...]]:
    net = network(host_namespace(rules), docker=engine(container()))
    return net, flows_for(net, (Target(port),), None)


def test_a_port_that_a_rule_serves_for_others() -> None:
    net, flows = asked(TO_PUBLISHED, 80)
    found = own_flows_left_out(net, flows)
    assert found
    assert all(isinstance(each.start, FromHost) for each in found)
    assert "not checked from the host itself: 80/tcp." in str(told_of_left_out(found, net)[0])


def test_a_port_that_nobody_serves_is_asked() -> None:
    assert own_flows_left_out(*asked(DOCKER_RULES, 80)) == ()
    assert told_of_left_out((), network()) == ()


def test_a_published_port_is_asked() -> None:
    net, flows = asked(TO_PUBLISHED, 8151)
    assert own_flows_left_out(net, flows) == ()


OWN_RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i eth0 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:80
COMMIT
"""


@pytest.mark.parametrize(("iptables", "is_left_out"), ((False, True), (None, False)))
def test_a_port_that_dockerd_only_holds_and_the_owners_rule_serves(iptables: bool | None, *, is_left_out: bool) -> None:
    held = Socket("tcp", 4, None, 8151, process="dockerd", relay=Relay(4, WEB, 80, holds_only=True))
    docker = msgspec.structs.replace(engine(container()), iptables=iptables, userland_proxy=False)
    net = network(host_namespace(OWN_RULES, sockets=(held,)), docker=docker)
    found = own_flows_left_out(net, flows_for(net, (Target(8151),), None))
    assert bool(found) is is_left_out


def test_a_rule_that_leads_nowhere_excuses_nothing() -> None:
    net, flows = asked(TO_PUBLISHED.replace("--to-ports 8151", "--to-ports 9999"), 80)
    assert own_flows_left_out(net, flows) == ()


def test_without_other_clients_nothing_is_left_out() -> None:
    net, flows = asked(TO_PUBLISHED, 80)
    own = tuple(each for each in flows if isinstance(each.start, FromHost))
    assert own_flows_left_out(net, own) == ()
    elsewhere = tuple(msgspec.structs.replace(each, dport=81) for each in flows if isinstance(each.start, Lan))
    assert own_flows_left_out(net, (*own, *elsewhere)) == ()


TO_WEB = with_rule("nat PREROUTING", "-i eth0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80")


def test_a_rule_that_stops_the_others_makes_the_own_flow_no_question() -> None:
    net, flows = asked(with_rule("filter FORWARD", "-p tcp -m tcp --dport 80 -j DROP", TO_WEB), 80)
    assert {each.start for each in own_flows_left_out(net, flows)} == {FromHost()}


@pytest.mark.parametrize("address", ("172.17.0.2", "172.17.0.9"))
def test_a_rule_whose_container_does_not_answer_makes_the_own_flow_no_question(address: str) -> None:
    """Nothing listens in the container, or no container has the address: the host's own packets match no such rule."""
    rules = with_rule("nat PREROUTING", f"-i eth0 -p tcp -m tcp --dport 8443 -j DNAT --to-destination {address}:99")
    net, flows = asked(with_rule("filter FORWARD", "-p tcp -m tcp --dport 99 -j ACCEPT", rules), 8443)
    assert {each.start for each in own_flows_left_out(net, flows)} == {FromHost()}


AT_UPLINK = Socket("tcp", 4, HOST_ADDRESS, 443, process="caddy")
EVERYWHERE = Socket("tcp", 4, None, 443, process="caddy")
INSIDE = Socket("tcp", 4, 0x7F000001, 443, process="caddy")


@pytest.mark.parametrize(("sockets", "is_left_out"), (
    ((AT_UPLINK,), True),
    ((AT_UPLINK, INSIDE), False),
    ((EVERYWHERE,), False),
    ((INSIDE,), False),
    ((), False),
))  # fmt: skip
def test_a_service_at_an_uplinks_address(sockets: tuple[Socket, ...], *, is_left_out: bool) -> None:
    net = network(host_namespace(sockets=sockets))
    flows = flows_for(net, (Target(443),), None)
    found = own_flows_left_out(net, flows)
    assert [each.daddr for each in found] == ([0x7F000001] if is_left_out else [])
    said = [str(each) for each in told_of_left_out(found, net)]
    assert [each.startswith("not checked at a loopback address: 443/tcp.") for each in said] == [True] * is_left_out
    alone = flows_for(net, (Target(443),), Origin("host"))
    assert own_flows_left_out(net, alone) == ()


def test_an_uplinks_policy_rule_keeps_only_the_host_from_its_published_port() -> None:
    net = two_uplinks()
    flows = flows_for(net, (Target(8151, address=SECOND, version=4),), None)
    found = own_flows_left_out(net, flows)
    assert [(each.start, each.daddr) for each in found] == [(FromHost(), SECOND)]
    said = str(told_of_left_out(found, net)[0])
    assert "8151/tcp at 198.18.0.11" in said
    assert OF_SECOND.text in said


def test_with_one_way_out_no_rule_for_answers_is_meant() -> None:
    net = two_uplinks()
    host = net.namespace(HOST_NETNS)
    ways = tuple(
        each for each in host.routes if each.prefix_length or all(hop.link != "eth0" for hop in each.next_hops)
    )
    alone = net.with_namespace(HOST_NETNS, msgspec.structs.replace(host, routes=ways))
    assert own_flows_left_out(alone, flows_for(alone, (Target(8151, address=SECOND, version=4),), None)) == ()


@pytest.mark.parametrize("rules", ((), (msgspec.structs.replace(OF_SECOND, source=None),)))
def test_without_a_rule_for_that_address_the_hosts_own_flow_is_asked(rules: tuple[PolicyRule, ...]) -> None:
    net = two_uplinks(rules=rules)
    assert own_flows_left_out(net, flows_for(net, (Target(8151, address=SECOND, version=4),), None)) == ()


def test_a_port_that_rules_lead_to_a_container_has_no_answer_at_the_loopback_address_of_ipv6() -> None:
    """It is left out where the host reaches the port at another address, and asked where it does not."""
    whole = with_ipv6("1")
    host = whole.this.namespaces[0]
    text = (
        "*nat\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
        "-A OUTPUT -p tcp --dport 8151 -j DNAT --to-destination [fd00::2]:80\n"
        "-A POSTROUTING -o docker0 -m addrtype --src-type LOCAL -j MASQUERADE\nCOMMIT\n"
    )
    six = parse(text, family="ip6", dialect="iptables-nft", source="test", evidence="e1")
    made = msgspec.structs.replace(
        host,
        ruleset=Ruleset((*host.ruleset.tables, *six)),
        addresses=(*host.addresses, Address("lo", 6, 1, 128, "host")),
        routes=(*host.routes, local("::1/128", "lo")),
    )
    net = whole.with_namespace(HOST_NETNS, made)
    at_loopback, at_uplink = (Flow(FromHost(), 6, address, "tcp", 8151) for address in (1, number("2001:db8::11")))
    assert own_flows_left_out(net, (at_loopback, at_uplink)) == (at_loopback,)
    assert "not checked at [::1]: 8151/tcp. IPv6 has no route_localnet" in str(told_of_left_out((at_loopback,), net)[0])
    assert own_flows_left_out(net, (at_loopback,)) == ()

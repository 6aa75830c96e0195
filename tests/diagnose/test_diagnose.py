import msgspec

from hairpin.causes.order import place
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.search import suspects
from hairpin.host.contact import Contact
from hairpin.host.docker import PortBinding
from hairpin.network.flow import Flow, FromHost, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import PublicAddress, World
from hairpin.walk.decided import Assumed
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import proxy_off, with_db, with_host, with_link, without_addresses, without_route
from tests.rule_text import ALL_RULES, PROXY_OFF_RULES, in_table, with_chain, with_policy, with_rule, without_chain
from tests.small_host import (
    CLIENT,
    HOST_ADDRESS,
    container,
    container_namespace,
    engine,
    host_namespace,
    network,
    published,
)

FORWARDING = {"conf__eth0__forwarding": "0"}
DROP = with_rule("filter DOCKER-USER", "-i eth0 -j DROP")


def causes(net: Network, flow: Flow) -> list[str]:
    return [each.cause for each in diagnose(net, flow).causes]


def test_a_healthy_host_has_no_cause() -> None:
    found = diagnose(network(), published())
    assert (found.trace.verdict, found.causes, found.proof) == ("delivered", (), None)


def test_one_fault() -> None:
    found = diagnose(network(host_namespace(values=FORWARDING)), published())
    assert [each.cause for each in found.causes] == ["interface-forwarding-off"]
    assert found.proof is not None
    assert (found.proof.without_change, found.proof.with_change) == ("dropped", "delivered")


def test_two_faults_at_once_are_both_named() -> None:
    both = network(host_namespace(DROP, values=FORWARDING))
    assert sorted(causes(both, published())) == ["docker-user-drops", "interface-forwarding-off"]


def test_three_faults_at_once() -> None:
    three = network(host_namespace(DROP, values={**FORWARDING, "conf__docker0__forwarding": "0"}))
    found = diagnose(three, published())
    assert len(found.causes) == 3
    assert found.proof is not None


def test_a_fault_that_does_not_matter_is_not_named() -> None:
    """The host itself connects by loopback: forwarding and DOCKER-USER are not on that way."""
    both = network(host_namespace(DROP, values=FORWARDING))
    assert causes(both, published(FromHost(), "127.0.0.1")) == []


def test_what_is_only_assumed_proves_no_cause() -> None:
    mapping = PublicAddress(4, parse_address("203.0.113.11")[1], HOST_ADDRESS)
    stated = msgspec.structs.replace(network(), world=World((mapping,)))
    flow = published(FromHost(), "203.0.113.11")
    trace = walk_flow(stated, flow)
    assert [each.cause for each in suspects(stated, flow, trace)] != []
    (branch,) = trace.branches
    assert branch.stop is not None
    assert isinstance(branch.stop.decided_by, Assumed)
    guessed = msgspec.structs.replace(branch.stop.decided_by, grounds="assumed")
    ended = msgspec.structs.replace(branch, stop=msgspec.structs.replace(branch.stop, decided_by=guessed))
    assert suspects(stated, flow, msgspec.structs.replace(trace, branches=(ended,))) == ()


def test_a_flow_that_depends_has_no_cause() -> None:
    unknown = network(host_namespace(with_rule("filter DOCKER-USER", "-m bpf --bytecode x -j DROP")))
    found = diagnose(unknown, published())
    assert (found.trace.verdict, found.causes) == ("depends", ())


def test_a_rule_against_a_documentation_range_is_no_cause() -> None:
    host = host_namespace(with_rule("filter DOCKER-USER", "-s 192.0.2.0/24 -j DROP"))
    other = parse_address("203.0.113.10")[1]
    invented = msgspec.structs.replace(published(), stand_ins=(other,))
    assert diagnose(network(host), invented).trace.flow.start == Outside(other)
    assert causes(network(host), published()) == ["docker-user-drops"]


def test_a_failure_that_no_cause_explains() -> None:
    """A closed port, and an engine that did not tell which ports it publishes."""
    mute = with_host(network(inner=container_namespace(())), contacts=(Contact("docker", "", "hung"),))
    found = diagnose(mute, Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 1))
    assert (found.trace.verdict, found.causes, found.proof) == ("refused", (), None)


def test_suspects_come_most_likely_first() -> None:
    net = network(host_namespace(DROP))
    found = suspects(net, published(), walk_flow(net, published()))
    places = [place(each.candidate.in_class) for each in found]
    assert found
    assert places == sorted(places)


def test_what_made_a_cause_stands_before_it() -> None:
    chainless = host_namespace(without_chain("nat", "DOCKER"), sockets=())
    found = diagnose(network(chainless, docker=engine(container("created"))), published())
    first, second = found.causes
    assert [each.cause for each in second.follows_from] == [first.cause] == ["docker-nat-chain-missing"]
    assert first.follows_from == ()


def test_lost_rules_are_put_back_before_the_packet_slips_through_elsewhere() -> None:
    """Without Docker's DNAT the packet is for docker-proxy, and INPUT drops it: accepted there, it would pass by the
    rule in DOCKER-USER that somebody wrote."""
    written = with_rule("filter DOCKER-USER", "-i eth0 -j DROP", ALL_RULES)
    by_policy = with_policy("INPUT", "DROP", written)
    by_firewalld = with_chain("IN_public", "-i eth0 -j DROP", hook="INPUT", rules=written)
    for closed in (by_policy, by_firewalld):
        flushed = host_namespace(without_chain("nat", "DOCKER", rules=closed))
        assert causes(network(host_namespace(closed)), published()) == ["docker-user-drops"]
        assert causes(network(flushed), published()) == ["docker-nat-chain-missing", "docker-user-drops"]


def test_a_bridge_without_its_address_that_is_down_has_both_causes() -> None:
    """Neither the address alone nor the link alone gives the host its route back."""
    host = without_route(without_addresses(host_namespace(), "docker0"), parse_address("172.17.0.0")[1])
    broken = with_link(host, "docker0", up=False)
    assert sorted(causes(network(broken), published())) == ["bridge-address-missing", "bridge-down"]
    for half in (host, with_link(host_namespace(), "docker0", up=False)):
        assert len(causes(network(half), published())) == 1


def test_two_faults_at_one_place_are_both_named() -> None:
    """An untracked packet passes no nat rule, and without the chain no rule would translate it: neither repair alone
    gets it any further."""
    untracked = "-p tcp -m tcp --dport 8151 -j NOTRACK"
    rules = in_table("raw", "PREROUTING", untracked, without_chain("nat", "DOCKER", rules=PROXY_OFF_RULES))
    assert sorted(causes(proxy_off(rules), published())) == ["docker-nat-chain-missing", "raw-notrack-breaks-nat"]


def test_two_faults_of_which_neither_alone_moves_the_packet_are_both_named() -> None:
    """A rule that leads the port anywhere is not asked about an untracked packet; a tracked one finds no rule."""
    loopback = parse_address("127.0.0.1")[1]
    rules = PROXY_OFF_RULES.replace("-A DOCKER -p tcp", "-A DOCKER -d 127.0.0.1/32 -p tcp")
    docker = engine(container(binding=PortBinding("tcp", 80, 8151, loopback, 4)), userland_proxy=False)
    untracked = in_table("raw", "PREROUTING", "-p tcp -m tcp --dport 8151 -j NOTRACK", rules)
    both = with_db(host_namespace(untracked, sockets=()), docker=docker)
    assert causes(both, published()) == ["published-on-loopback-only", "raw-notrack-breaks-nat"]
    only = with_db(host_namespace(rules, sockets=()), docker=docker)
    assert causes(only, published()) == ["published-on-loopback-only"]

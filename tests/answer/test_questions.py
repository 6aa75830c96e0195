"""What only the user can tell is asked once, and only if it is not known."""

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.answer.questions import questions_of
from hairpin.host.link import Address
from hairpin.host.route import Neighbour
from hairpin.network.flow import Flow, FromContainer, FromHost, Start
from hairpin.network.network import Network
from hairpin.network.prefix import Version, parse_address
from hairpin.network.world import World
from hairpin.question.egress import egress_flows
from hairpin.question.outside import parse_world, with_world
from hairpin.question.question import parse_question
from hairpin.question.target import parse_target
from hairpin.report.words import option_of
from hairpin.walk.trace import OpenQuestion
from hairpin.walk.walk import walk_flow
from hairpin.wanted import state_return_route
from tests.acceptance.recorded_networks import evidence
from tests.small_host import HOST_NETNS, container, egress, engine, host_namespace, network, published, sibling
from tests.two_uplinks import TO_SECOND, two_uplinks
from tests.walk.size.test_long_packets import NARROW, whole

GATEWAY = "healthy-flannel-host-gw"
RETURN_ROUTE = '[[return_route]]\nnetwork = "10.244.1.0/24"\n'


def asked(
    *targets: str,
    origin: str = "",
    hosts: tuple[str, ...] = ("node1",),
    publics: tuple[str, ...] = (),
    stated: str = "",
) -> Answer:
    world = parse_world(stated, "world.toml") if stated else World()
    question = parse_question("check", targets, origin or None, publics, world)
    return ask(question, tuple(evidence(GATEWAY, host) for host in hosts))


def test_the_way_back_is_a_question_to_the_user() -> None:
    (found,) = asked("10.244.2.2:80", origin="container:web").questions
    assert (found.ref, found.flows, option_of(found.question.wanted[0])) == ("q1", ("f1",), "--host 198.51.100.12")
    assert str(found.question.text) == "Does the next hop, 198.51.100.12, know the way back to 10.244.1.2?"
    assert found.question.wanted[1] == state_return_route("10.244.1.0/24")
    assert "masquerade 10.244.1.0/24" in str(found.question.if_no)


def test_what_is_known_is_no_question() -> None:
    assert asked("10.244.2.2:80", origin="container:web", hosts=("node1", "node2")).questions == ()
    assert asked("10.244.2.2:80", origin="container:web", stated=RETURN_ROUTE).questions == ()
    assert asked("10.244.2.2:80", origin="host").questions == ()


def test_an_address_that_no_host_has_is_a_question() -> None:
    answer = asked("203.0.113.9:8151", origin="192.0.2.10")
    (found,) = answer.questions
    assert [each.verdict for each in answer.flows] == ["depends"]
    assert str(found.question.text) == "Is 203.0.113.9 this host's public address?"
    assert option_of(found.question.wanted[0]) == "--public 203.0.113.9=198.51.100.11"
    assert "A gateway maps it to 198.51.100.11: verdict from 192.0.2.10: delivered" in str(found.question.if_yes)
    assert "no interface of this host has it: `ip address add 203.0.113.9/32 dev eth0`" in str(found.question.if_yes)
    assert asked("203.0.113.9:8151", origin="192.0.2.10", publics=("203.0.113.9",)).questions == ()


def test_of_several_hosts_the_option_names_the_one() -> None:
    (found,) = asked("203.0.113.9:8151@node2", origin="192.0.2.10", hosts=("node1", "node2")).questions
    assert option_of(found.question.wanted[0]) == "--public 203.0.113.9=198.51.100.12@node2"


def test_equal_questions_of_several_flows_are_one() -> None:
    found = asked("203.0.113.9:22", "203.0.113.9:22", "203.0.113.9:8151", origin="192.0.2.10").questions
    assert len(found) == 1
    assert len(found[0].flows) > 1


def test_flows_with_one_grant_have_one_question_with_its_repair() -> None:
    """Both ports of the second uplink's address answer by the first one."""
    net = two_uplinks()
    flows = (TO_SECOND, msgspec.structs.replace(TO_SECOND, sport=40002), published())
    (found,) = questions_of(net, tuple((f"f{n}", walk_flow(net, flow)) for n, flow in enumerate(flows, 1)))
    assert found.flows == ("f1", "f2")
    assert found.repair[-1] == "ip rule add priority 90 fwmark 0x100000/0x100000 lookup 100"
    assert len(found.repair) == 3


def test_without_a_router_behind_the_uplink_no_repair_is_printed() -> None:
    net = two_uplinks(router=False, rules=())
    (found,) = questions_of(net, (("f1", walk_flow(net, TO_SECOND)),))
    assert found.repair == ()


def test_a_smaller_mtu_is_repaired_by_a_clamp() -> None:
    (found,) = questions_of(NARROW, (("f1", walk_flow(NARROW, whole(egress()))),))
    assert found.repair == (
        "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
    )


def test_an_address_that_the_host_may_have_had_is_a_question() -> None:
    """A name still holds the address that the host had before: it is in the network of its link, and nobody's."""
    (found,) = of_own_flow("198.51.100.77", 8151)
    assert str(found.text).startswith(
        "Should this host or a container on it have the address 198.51.100.77? A service here listens on port 8151"
    )
    assert option_of(found.wanted[0]) == "hairpin check 198.51.100.11:8151 --from host"
    assert of_own_flow("198.51.100.77", 8152) == ()  # nothing here has this port
    assert "Should this host" not in str(
        [each.text for each in of_own_flow("203.0.113.77", 8151)]
    )  # of another network


def test_a_silent_gateway_is_asked_about_beside_a_public_address() -> None:
    """The gateway leaves the flow undecided, so its question is no part of the question about the address."""
    silent = Neighbour("eth0", 4, parse_address("198.51.100.1")[1], None, "FAILED")
    there = network(msgspec.structs.replace(host_namespace(), neighbours=(silent,)))
    there = with_world(there, World(), (), (parse_target("203.0.113.9:8151"),))
    found = of_own_flow("203.0.113.9", 8151, there)
    assert [each.undecided for each in found] == [False, True]
    assert str(found[0].text) == "Is 203.0.113.9 this host's public address?"
    assert "The next hop 198.51.100.1 was silent on eth0" in str(found[1].text)


STATES = {"REACHABLE": 2, "STALE": 2, "DELAY": 2, "PROBE": 2, "PERMANENT": 2, "FAILED": None, "INCOMPLETE": None}


@pytest.mark.parametrize(("state", "mac"), STATES.items(), ids=STATES)
def test_an_address_that_a_neighbour_has_is_not_asked_about(state: str, mac: int | None) -> None:
    namespace = host_namespace()
    entry = Neighbour("eth0", 4, parse_address("198.51.100.77")[1], mac, state)
    there = network(msgspec.structs.replace(namespace, neighbours=(entry,)))
    found = str([each.text for each in of_own_flow("198.51.100.77", 8151, there)])
    assert ("Should this host" in found) is (mac is None)


def of_own_flow(address: str, port: int, net: Network | None = None) -> tuple[OpenQuestion, ...]:
    """Return the questions about a flow of the host itself."""
    net = net or network()
    flow = Flow(FromHost(), 4, parse_address(address)[1], "tcp", port)
    return tuple(each.question for each in questions_of(net, (("f1", walk_flow(net, flow)),)))


IPV6 = parse_address("2001:db8::1")[1]


@pytest.mark.parametrize(
    ("netns", "start", "version", "has_address", "said"),
    (
        ("host", FromHost(), 6, False, "Should this host have an IPv6 address?"),
        ("container:web", FromContainer("web", sibling("container:web")), 6, False, "Should web have IPv6?"),
        ("host", FromHost(), 6, True, ""),
        ("host", FromHost(), 4, False, ""),
    ),
)
def test_a_namespace_without_ipv6_is_asked_about(
    netns: str, start: Start, version: Version, said: str, *, has_address: bool
) -> None:
    address = parse_address("2001:db8:1::10" if version == 6 else "203.0.113.99")[1]
    whole = network()
    own = whole.this.namespace(netns)
    added = (Address("eth0", 6, IPV6, 64),) if has_address else ()
    bare = tuple(each for each in own.routes if each.prefix_length)
    here = msgspec.structs.replace(own, addresses=(*own.addresses, *added), routes=bare)
    place = HOST_NETNS if netns == "host" else sibling(netns)
    flow = Flow(start, version, address, "tcp", 80, host=whole.this.name)
    asked_then = whole.with_namespace(place, here)
    trace = walk_flow(asked_then, flow)
    assert trace.usual.stop is not None
    found = [str(each.question.text) for each in questions_of(asked_then, (("f1", trace),))]
    assert [each.startswith(said) for each in found] == ([True] if said else [])


def test_a_container_whose_name_servers_have_ipv6_addresses_only_is_told_both_ways() -> None:
    servers = ("2001:db8:1::10", "2001:db8:1::11")
    web = msgspec.structs.replace(container(), resolvers=servers)
    whole = network(docker=engine(web))
    flows = [each for each in egress_flows(whole, whole.this, web) if each.version == 6]
    (found,) = questions_of(whole, tuple((f"f{at}", walk_flow(whole, each)) for at, each in enumerate(flows)))
    assert found.flows == ("f0", "f1")
    assert str(found.question.text).startswith(
        "Should web have IPv6? Its name servers have IPv6 addresses only (2001:db8:1::10, 2001:db8:1::11)"
    )
    assert "--dns" in str(found.question.if_no)

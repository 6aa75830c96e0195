"""The world around a host: its addresses, and the packets that it does not answer."""

import msgspec

from hairpin.host.link import Address, Link
from hairpin.network.flow import Flow, FromContainer, Lan, Outside
from hairpin.network.prefix import parse_address
from hairpin.network.world import Peer, PublicAddress, ReturnRoute, World
from hairpin.replica.plan.blueprint import Way
from hairpin.replica.plan.entry import entry
from hairpin.replica.plan.links import wiring
from hairpin.replica.plan.world import ways, world
from tests.causes.hosts import without_addresses
from tests.rule_text import with_policy, with_rule
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, container_namespace, host_namespace, network, sibling
from tests.walk.link.test_neighbour_discovery import net

FLOW = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 8151)
FAR = parse_address("203.0.113.80")[1]
OUT = Flow(FromContainer("web", sibling("container:web")), 4, FAR, "tcp", 443)
PUBLIC = parse_address("203.0.113.11")[1]


def lines(stated: World, *flows: Flow) -> tuple[str, ...]:
    built = network(world=stated)
    return world(built, flows, wiring(built, (HOST_NETNS, sibling("container:web"))).wires).lines


def test_the_clients_packet_enters_by_its_link() -> None:
    built = network()
    begins, (way,) = entry(built, FLOW), ways(wiring(built, (HOST_NETNS, sibling("container:web"))).wires)
    assert begins is not None
    assert (begins.link, way) == ("eth0", Way(HOST_NETNS, "eth0", "w1", 1))
    assert "rule add priority 10 fwmark 1 iif lo lookup 101" in lines(World(), FLOW)


def test_echo_replies_go_back_by_the_wire_that_the_question_came_by() -> None:
    ping = msgspec.structs.replace(FLOW, protocol="icmp")
    built = network()
    plan = world(built, (ping,), wiring(built, (HOST_NETNS, sibling("container:web"))).wires)
    assert "meta mark set 1001" in plan.loads[0].text
    assert "rule add priority 10 fwmark 1001 iif lo lookup 1001" in plan.lines
    assert world(built, (FLOW, OUT), wiring(built, (HOST_NETNS, sibling("container:web"))).wires).loads == ()


def test_sockets_mark_their_answers_as_well() -> None:
    built = network()
    plan = world(built, (FLOW,), wiring(built, (HOST_NETNS, sibling("container:web"))).wires)
    assert {(each.device, each.mark) for each in plan.services} == {("w1", 1001)}


def test_packets_with_an_unroutable_source_are_lost() -> None:
    found = lines(World(), OUT)
    assert "rule add priority 600 iif w1 from 198.51.100.0/24 lookup 100" in found
    assert "rule add priority 700 iif w1 from 0.0.0.0/0 blackhole" in found
    stated = World(return_routes=(ReturnRoute(4, parse_address("172.17.0.0")[1], 16),))
    assert "rule add priority 600 iif w1 from 172.17.0.0/16 lookup 100" in lines(stated, OUT)


def test_a_gateway_that_does_not_hairpin_swallows_its_own_address() -> None:
    swallowed = "route replace blackhole 203.0.113.11/32 table 100"
    assert swallowed in lines(World(publics=(PublicAddress(4, PUBLIC, HOST_ADDRESS),)), OUT)
    assert swallowed not in lines(World(publics=(PublicAddress(4, PUBLIC, HOST_ADDRESS, hairpins=True),)), OUT)


def test_a_peer_takes_only_the_sources_that_it_accepts() -> None:
    accepted = (parse_address("198.51.100.11")[1], 32)
    found = lines(World(peers=(Peer(4, parse_address("203.0.113.0")[1], 24, (accepted,)),)), OUT)
    taken = found.index("rule add priority 300 iif w1 from 198.51.100.11/32 to 203.0.113.0/24 lookup 100")
    refused = "rule add priority 300 iif w1 to 203.0.113.0/24 ipproto {} blackhole"
    assert found[taken + 1 : taken + 5] == tuple(refused.format(number) for number in (1, 6, 17, 58))
    for_another = lines(World(peers=(Peer(4, parse_address("203.0.113.0")[1], 24, (accepted,), "node2"),)), OUT)
    assert not any("priority 300" in line for line in for_another)


def test_the_router_behind_an_uplink_drops_answers_to_clients_as_well() -> None:
    accepted = (parse_address("198.51.100.0")[1], 24)
    found = lines(World(peers=(Peer(4, 0, 0, (accepted,), link="eth0"),)), FLOW)
    at = [
        found.index(line)
        for line in (
            "rule add priority 150 iif w1 from 198.51.100.0/24 goto 200",
            "rule add priority 150 iif w1 to 198.51.100.0/24 goto 200",
            "rule add priority 151 iif w1 to 0.0.0.0/0 ipproto 6 blackhole",
            "rule add priority 200 iif w1 to 192.0.2.10/32 lookup 100",
        )
    ]
    assert at == sorted(at)
    elsewhere = lines(World(peers=(Peer(4, 0, 0, (accepted,), link="eth1"),)), FLOW)
    assert not any("priority 15" in line for line in elsewhere)


def test_the_router_or_the_neighbour_solicits_the_hosts_ipv6_address() -> None:
    own, far, near = (parse_address(f"2001:db8:{text}")[1] for text in ("2::11", "1::10", "2::77"))
    linked = parse_address("fe80::77")[1]
    built = net()
    for start, said in (
        (Outside(far), "address add 2001:db8:1::10/128 dev lo nodad noprefixroute"),
        (Lan(near), "address add 2001:db8:2::77/128 dev w1 nodad noprefixroute"),
        (Outside(linked, "eth0"), "address add fe80::77/128 dev w1 nodad noprefixroute"),
    ):
        plan = world(
            built, (Flow(start, 6, own, "tcp", 22),), wiring(built, (HOST_NETNS, sibling("container:web"))).wires
        )
        assert "route add 2001:db8:2::11/128 dev w1 table 101" in (*plan.lines, *plan.lines6)
        assert said in plan.lines


def test_the_world_knows_the_addresses_that_a_change_adds() -> None:
    """Else it would not answer the packets that the repaired host sends."""
    repaired = network()
    broken = repaired.with_namespace(HOST_NETNS, without_addresses(repaired.namespace(HOST_NETNS), "eth0"))
    wires = wiring(broken, (HOST_NETNS, sibling("container:web"))).wires
    known = "rule add priority 600 iif w1 from 198.51.100.11/32 lookup 100"
    assert known in world(broken, (OUT,), wires, repaired).lines
    assert known not in world(broken, (OUT,), wires).lines


def test_a_gateway_is_outside_from_where_a_change_leads_to_it() -> None:
    """The change gives the uplink an address and the default route; a container network may cover the gateway's."""
    host = without_addresses(host_namespace(), "eth0")
    routes = tuple(each for each in host.routes if all(hop.link != "eth0" for hop in each.next_hops))
    bare = network(msgspec.structs.replace(host, routes=routes))
    known = "route add local 198.51.100.1/32 dev lo table 100"
    wires = wiring(bare, (HOST_NETNS, sibling("container:web"))).wires
    assert known not in world(bare, (FLOW,), wires).lines
    assert known in world(bare, (FLOW,), wires, network()).lines
    assert known in lines(World(), FLOW)


def test_the_world_listens_on_the_port_to_which_a_change_translates() -> None:
    forward = with_rule("nat PREROUTING", "-p tcp -m tcp --dport 2280 -j DNAT --to-destination 203.0.113.80:81")
    built, changed = network(), network(host_namespace(with_policy("FORWARD", "ACCEPT", forward)))
    wires = wiring(built, (HOST_NETNS, sibling("container:web"))).wires
    asked = msgspec.structs.replace(FLOW, dport=2280)
    assert {each.port for each in world(built, (asked,), wires).services} == {2280}
    assert {each.port for each in world(built, (asked,), wires, changed).services} == {2280, 81}


def test_the_machines_behind_a_containers_own_link_answer_it() -> None:
    inner = container_namespace()
    inner = msgspec.structs.replace(
        inner,
        links=(*inner.links, Link(9, "vinner", "veth", peer_index=2, peer_netnsid=7)),
        addresses=(*inner.addresses, Address("vinner", 4, parse_address("10.200.0.1")[1], 24)),
    )
    built = network(inner=inner)
    wires = wiring(built, (HOST_NETNS, sibling("container:web"))).wires
    own = next(each for each in wires if not each.netns.is_host)
    assert {each.netns for each in ways(wires)} == {HOST_NETNS, sibling("container:web")}
    found = world(built, (FLOW,), wires).lines
    assert f"rule add priority 600 iif {own.name} from 10.200.0.0/24 lookup 100" in found
    assert sum("10.200.0.0/24" in each for each in found) == 1

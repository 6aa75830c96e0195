import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.route import Neighbour, NextHop
from hairpin.netfilter.packet import ACK, SYN, TCP, Packet
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import Peer, PublicAddress, ReturnRoute, UpstreamRule, World
from hairpin.walk.outside import enters_by, incoming_link, outside_takes
from hairpin.walk.state import End, State
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import with_host
from tests.causes.ipv6_hosts import of_ipv6_network
from tests.macvlan_host import CHILD, on_macvlan
from tests.rows import each_row
from tests.small_host import (
    CLIENT,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container,
    engine,
    host_namespace,
    network,
    route,
    sibling,
)
from tests.walk.standing import at, ended

NEIGHBOUR = parse_address("198.51.100.7")[1]
PUBLIC = parse_address("203.0.113.9")[1]
FAR = parse_address("203.0.113.80")[1]


def asked(start: Start, daddr: int = HOST_ADDRESS) -> Flow:
    return Flow(start, 4, daddr, "tcp", 8151)


def changed(name: str, **changes: object) -> Namespace:
    host = host_namespace()
    links = tuple(msgspec.structs.replace(each, **changes) if each.name == name else each for each in host.links)
    return msgspec.structs.replace(host, links=links)


def world(**parts: object) -> Network:
    return network(world=msgspec.structs.replace(World(), **parts))


MAPPED = world(publics=(PublicAddress(4, PUBLIC, HOST_ADDRESS),))
SECOND = Link(9, "eth1")
TWO_LINKS = network(msgspec.structs.replace(
    host_namespace(routes=(route("203.0.113.0/24", "eth1"),)), links=(*host_namespace().links, SECOND),
))  # fmt: skip
BRIDGED = changed("eth0", master="docker0")
NO_UPLINK = msgspec.structs.replace(host_namespace(), links=host_namespace().links[:1])

# network, flow, link that it comes in by or how it ends
ENTRIES: dict[str, tuple[Network, Flow, str]] = {
    "a client": (network(), asked(Outside(CLIENT)), "eth0"),
    "a neighbour": (network(), asked(Lan(NEIGHBOUR)), "eth0"),
    "by the link that it names": (network(), asked(Outside(CLIENT, "docker0")), "docker0"),
    "by the link of the asked address": (TWO_LINKS, asked(Outside(FAR)), "eth0"),
    "to no own address, by the way back": (TWO_LINKS, asked(Outside(FAR), WEB), "eth1"),
    "by the uplink of the bridge": (network(BRIDGED), asked(Outside(CLIENT), WEB), "eth0"),
    "link down": (network(changed("eth0", up=False)), asked(Outside(CLIENT)), "dropped link-down"),
    "no carrier": (network(changed("eth0", carrier=False)), asked(Outside(CLIENT)), "dropped no-carrier"),
    "no way in": (network(NO_UPLINK), asked(Outside(CLIENT)), "dropped link-missing"),
    "denied upstream": (
        world(upstream=(UpstreamRule("deny", "tcp", (8000, 9000)),)), asked(Outside(CLIENT)), "dropped upstream-denies",
    ),
    "another port denied": (
        world(upstream=(UpstreamRule("deny", "tcp", (1, 10)),)), asked(Outside(CLIENT)), "eth0",
    ),
    "another protocol denied": (
        world(upstream=(UpstreamRule("deny", "udp", (8000, 9000)),)), asked(Outside(CLIENT)), "eth0",
    ),
    "the first rule counts": (
        world(upstream=(UpstreamRule("allow", "tcp", (8151, 8151)), UpstreamRule("deny", "tcp", (8000, 9000)))),
        asked(Outside(CLIENT)), "eth0",
    ),
}  # fmt: skip


@each_row(("net", "flow", "expected"), ENTRIES.values(), ids=ENTRIES)
def test_enters_by(net: Network, flow: Flow, expected: str) -> None:
    entered = enters_by(net, flow)
    assert (entered.iif if isinstance(entered, State) else ended(entered)) == expected


def unanswered(prefix_length: int, *, routed: bool, covered: bool = False) -> Network:
    """Return the host that answers no ARP request on eth0, where it has an address of a network of that size.

    ``covered``: another link's network covers it."""
    host = host_namespace(values={"conf__eth0__arp_ignore": "8"})
    addresses = tuple(
        msgspec.structs.replace(each, prefix_length=prefix_length) if each.link == "eth0" else each
        for each in host.addresses
    )
    routes = host.routes if routed else tuple(each for each in host.routes if each.prefix_length)
    if covered:
        routes = (*routes, route("198.51.100.128/25", "docker0"))
    return network(msgspec.structs.replace(host, addresses=addresses, routes=routes))


@pytest.mark.parametrize(("net", "reason"), (
    (unanswered(24, routed=True),  "no-neighbour"),
    (unanswered(24, routed=False), "no-neighbour"),   # some machine of the link's network brings the packet
    (unanswered(32, routed=False), None),             # the link has no network: nobody knows who brings it
    (unanswered(24, routed=False, covered=True), None),     # a machine of that network is reached by another link
))  # fmt: skip
def test_a_client_outside_needs_somebody_on_the_link_who_finds_the_host(net: Network, reason: str | None) -> None:
    (branch,) = walk_flow(net, asked(Outside(CLIENT))).branches
    stop = branch.stop if branch.stop is not None and branch.stop.stage == "neighbour" else None
    assert (stop.reason if stop is not None else None) == reason


def test_a_gateway_has_translated_the_packet_before() -> None:
    entered = enters_by(MAPPED, asked(Outside(CLIENT), PUBLIC))
    assert isinstance(entered, State)
    assert entered.packet.daddr == HOST_ADDRESS
    assert entered.history.steps[0].packet.daddr == PUBLIC


def test_the_frame_has_the_routers_mac_address() -> None:
    gateway = parse_address("198.51.100.1")[1]
    host = msgspec.structs.replace(
        host_namespace(),
        neighbours=(Neighbour("eth0", 4, gateway, 0xA, "REACHABLE"), Neighbour("eth0", 4, NEIGHBOUR, 0xB, "REACHABLE")),
    )
    for start, mac in ((Outside(CLIENT), 0xA), (Lan(NEIGHBOUR), 0xB), (Lan(NEIGHBOUR + 1), None)):
        entered = enters_by(network(host), asked(start))
        assert isinstance(entered, State)
        assert entered.packet.smac == mac


def leaving(saddr: int, daddr: int) -> End:
    packet = Packet(4, saddr, daddr, TCP, sport=40000, dport=443, tcp_flags=SYN)
    return End("left", at("outside", packet, iif="", oif="eth0"))


def out(start: Start | None = None, daddr: int = FAR) -> Flow:
    return Flow(start or FromContainer("web", sibling("container:web")), 4, daddr, "tcp", 443)


PEER = Peer(4, parse_address("203.0.113.0")[1], 24, accepts=((HOST_ADDRESS, 32),))
WAY_BACK = ReturnRoute(4, parse_address("172.17.0.0")[1], 16)

UNMADE = network(docker=msgspec.structs.replace(engine(container()), networks=()))

# network, flow, source and destination as they left, reason for no answer
TAKEN: dict[str, tuple[Network, Flow, int, int, str | None]] = {
    "from this host": (network(), out(), HOST_ADDRESS, FAR, None),
    "a container's source": (network(), out(), WEB, FAR, "source-not-translated"),
    "a container's source, a route back": (world(return_routes=(WAY_BACK,)), out(), WEB, FAR, None),
    "a container's source, of a network that no engine made": (UNMADE, out(), WEB, FAR, None),
    "a neighbour's address that nobody here has": (network(), out(), NEIGHBOUR, FAR, "source-not-translated"),
    "a peer that accepts": (world(peers=(PEER,)), out(), HOST_ADDRESS, FAR, None),
    "a peer that does not": (world(peers=(PEER,), return_routes=(WAY_BACK,)), out(), WEB, FAR, "peer-drops"),
    "a peer stated for this host": (
        world(peers=(msgspec.structs.replace(PEER, host=sibling("x").host),), return_routes=(WAY_BACK,)), out(), WEB,
        FAR, "peer-drops",
    ),
    "a peer stated for another host": (
        world(peers=(msgspec.structs.replace(PEER, host="node9"),), return_routes=(WAY_BACK,)), out(), WEB, FAR, None,
    ),
    "another peer": (world(peers=(PEER,), return_routes=(WAY_BACK,)), out(), WEB, CLIENT, None),
    "its own public address": (MAPPED, out(FromHost(), PUBLIC), HOST_ADDRESS, PUBLIC, "gateway-does-not-hairpin"),
    "what was for a container": (network(), out(Outside(CLIENT), WEB), CLIENT, WEB, "left-instead"),
    "what was translated into a container network": (
        network(), asked(Outside(CLIENT)), CLIENT, WEB + 7, "left-instead",
    ),
    "forwarded to somebody": (network(), out(Outside(CLIENT), FAR), CLIENT, FAR, None),
}  # fmt: skip


@each_row(("net", "flow", "saddr", "daddr", "reason"), TAKEN.values(), ids=TAKEN)
def test_outside_takes(net: Network, flow: Flow, saddr: int, daddr: int, reason: str | None) -> None:
    taken = outside_takes(net, flow, leaving(saddr, daddr))
    assert taken.reason == reason
    assert (taken.reply is None) == (reason is not None)
    assert str(taken.decided_by.said)


def test_the_answer_enters_by_the_link_that_the_request_left_by() -> None:
    reply = outside_takes(network(), out(), leaving(HOST_ADDRESS, FAR)).reply
    assert reply is not None
    packet = reply.packet
    assert (reply.stage, reply.iif, packet.saddr, packet.daddr) == ("device-in", "eth0", FAR, HOST_ADDRESS)
    assert (packet.sport, packet.dport, packet.tcp_flags) == (443, 40000, SYN | ACK)


def test_assumptions_are_said() -> None:
    (answers,) = outside_takes(network(), out(), leaving(HOST_ADDRESS, FAR)).assumed
    (unknown,) = outside_takes(network(), out(), leaving(WEB, FAR)).assumed
    assert str(answers) == "203.0.113.80 answers"
    assert str(unknown) == "no host outside has a route back to 172.17.0.2"


def test_an_unmasqueraded_source_is_presumed_to_have_a_route_back() -> None:
    taken = outside_takes(UNMADE, out(), leaving(WEB, FAR))
    assert [str(each).partition(" (")[0] for each in taken.assumed] == ["203.0.113.80 answers"]
    assert [str(each.text) for each in taken.questions] == ["Does 203.0.113.80 know the way back to 172.17.0.2?"]


def test_a_neighbour_sends_answers_for_private_sources_to_its_own_gateway() -> None:
    """So the flow is undecided, but on a link without a gateway: there, this host may be the gateway itself."""
    host = UNMADE.namespace(HOST_NETNS)
    away = (*(each for each in host.routes if each.prefix_length), route("default", "eth1", via="203.0.113.1"))
    aside = with_host(UNMADE, namespaces=tuple(
        msgspec.structs.replace(each, links=(*each.links, SECOND), routes=away) if each is host else each
        for each in UNMADE.this.namespaces
    ))  # fmt: skip
    for net, undecided in ((UNMADE, True), (aside, False)):
        left = leaving(WEB, NEIGHBOUR)
        state = msgspec.structs.replace(left.state, next_hop=NextHop("eth0"))
        (question,) = outside_takes(net, out(daddr=NEIGHBOUR), msgspec.structs.replace(left, state=state)).questions
        assert str(question.text) == "Does 198.51.100.7 know the way back to 172.17.0.2?"
        assert question.undecided is undecided


def test_a_public_ipv6_prefix_is_asked_about_and_a_private_one_is_not() -> None:
    for prefix, reason in (("2001:db8:d0c::", None), ("fd00::", "source-not-translated")):
        source, far = parse_address(f"{prefix}2")[1], parse_address("2001:db8:fffd::80")[1]
        flow = msgspec.structs.replace(out(daddr=far), version=6)
        packet = Packet(6, source, far, TCP, sport=40000, dport=443, tcp_flags=SYN)
        end = End("left", at("outside", packet, iif="", oif="eth0"))
        taken = outside_takes(of_ipv6_network(prefix), flow, end)
        assert (taken.reason, len(taken.questions)) == (reason, 0 if reason else 1)


def test_a_stated_way_back_is_no_question() -> None:
    route = ReturnRoute(4, WEB & ~0xFFFF, 16)
    stated = msgspec.structs.replace(UNMADE, world=World(return_routes=(route,)))
    assert outside_takes(stated, out(), leaving(WEB, FAR)).questions == ()


def test_a_gateway_that_hairpins_sends_it_back() -> None:
    mapping = PublicAddress(4, PUBLIC, HOST_ADDRESS, hairpins=True)
    taken = outside_takes(world(publics=(mapping,)), out(FromHost(), PUBLIC), leaving(HOST_ADDRESS, PUBLIC))
    assert taken.reason is None
    assert taken.reply is not None


def test_a_clients_packet_to_a_macvlan_comes_by_its_parent() -> None:
    """The host's own route to the client leads by another link."""
    whole = on_macvlan()
    host = whole.namespace(HOST_NETNS)
    links = (*host.links, Link(20, "eth1", flags=("UP",)))
    others = tuple(each for each in host.routes if each.prefix_length)
    moved = msgspec.structs.replace(host, links=links, routes=(*others, route("default", "eth1", via="203.0.113.1")))
    whole = with_host(whole, namespaces=(moved, *(each for each in whole.this.namespaces if each.name != "host")))
    client = parse_address("192.0.2.10")[1]
    for address, expected in ((CHILD, "eth0"), (parse_address("198.51.100.99")[1], "eth1")):
        flow = Flow(Outside(client), 4, address, "tcp", 80)
        link = incoming_link(whole, HOST_NETNS, flow, Outside(client))
        assert link is not None
        assert link.name == expected


def test_a_packet_for_an_address_of_a_link_that_is_down_comes_by_the_link_of_its_network() -> None:
    """As keepalived's use_vmac on a standby: the kernel answers ARP requests on any link."""
    host = network().namespace(HOST_NETNS)
    service = parse_address("198.51.100.50")[1]
    own = Address("vrrp51", 4, service, 32)
    down = Link(20, "vrrp51", "macvlan", up=False)
    kept = msgspec.structs.replace(host, links=(*host.links, down), addresses=(*host.addresses, own))
    client = Outside(parse_address("192.0.2.10")[1])
    link = incoming_link(network(kept), HOST_NETNS, Flow(client, 4, service, "tcp", 80), client)
    assert link is not None
    assert link.name == "eth0"

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import BridgePort
from hairpin.host.route import BROADCAST, Neighbour, NextHop, PolicyRule
from hairpin.network.flow import FromHost, Outside
from hairpin.network.network import Network, Port
from hairpin.network.prefix import address_text, parse_address
from hairpin.report.words import option_of
from hairpin.walk.link.neighbour import neighbour
from hairpin.walk.state import State
from hairpin.walk.walk import walk_flow
from tests.causes.hosts import DB_MAC, WEB_MAC, asked, with_db, with_neighbour
from tests.rows import each_row
from tests.small_host import (
    CLIENT,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    container_namespace,
    host_namespace,
    local,
    network,
    published,
    route,
    sibling,
)
from tests.walk.standing import FROM_CLIENT, INNER, at, changed, told

NET = network()

# network, link, address, outcomes
NEIGHBOURS: dict[str, tuple[Network, str, int, list[str]]] = {
    "out there": (NET, "eth0", CLIENT, ["device-out"]),
    "a container": (NET, "docker0", WEB, ["device-out"]),
    "itself": (NET, "lo", 0x7F000001, ["device-out"]),
    "nobody": (NET, "docker0", WEB + 9, ["dropped no-neighbour"]),
    "a container, by the port of its bridge": (NET, "veth1", WEB, ["dropped no-neighbour"]),
    "no such link": (NET, "eth9", CLIENT, ["dropped link-missing"]),
    "link down": (changed("eth0", up=False), "eth0", CLIENT, ["dropped link-down"]),
    "loopback down": (changed("lo", up=False), "lo", 0x7F000001, ["dropped link-down"]),
    "bridge down": (changed("docker0", up=False), "docker0", WEB, ["dropped bridge-down"]),
    "no carrier": (changed("eth0", carrier=False), "eth0", CLIENT, ["dropped no-carrier"]),
    "no carrier, and nobody to be asked": (changed("eth0", carrier=False), "eth0", 0xFFFFFFFF, ["device-out"]),
    "the owner's wire is down": (changed("veth1", up=False), "docker0", WEB, ["dropped link-down"]),
    "the owner's port does not forward": (
        changed("veth1", port=BridgePort(state="blocking")), "docker0", WEB, ["dropped bridge-port-state"],
    ),
}  # fmt: skip


@each_row(("net", "link", "address", "expected"), NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_neighbour(net: Network, link: str, address: int, expected: list[str]) -> None:
    packet = msgspec.structs.replace(FROM_CLIENT, daddr=address)
    assert told(neighbour(net, at("neighbour", packet, oif=link))) == expected


def test_the_gateway_is_resolved_instead_of_the_destination() -> None:
    packet = msgspec.structs.replace(FROM_CLIENT, daddr=CLIENT)
    state = msgspec.structs.replace(at("neighbour", packet, oif="docker0"), next_hop=NextHop("docker0", WEB))
    (outcome,) = neighbour(NET, state)
    assert isinstance(outcome, State)
    assert outcome.frame.target == INNER


def test_a_routes_encapsulation_is_not_followed() -> None:
    packet = msgspec.structs.replace(FROM_CLIENT, daddr=CLIENT)
    state = msgspec.structs.replace(at("neighbour", packet, oif="eth0"), next_hop=NextHop("eth0", encap="mpls"))
    assert told(neighbour(NET, state)) == ["unknown opaque-device", "device-out"]


MAC, OTHER, OF_BRIDGE = 0x0242AC110002, 0x0242AC110003, 0x0242AC110001


def entered(mac: int, state: str = "PERMANENT", **inner: object) -> Network:
    """Return the network whose hardware addresses are known, with a neighbour entry for the container."""
    links = {"docker0": OF_BRIDGE}
    host = with_macs(host_namespace(), links)
    entry = Neighbour("docker0", 4, WEB, mac, state)
    container = with_macs(container_namespace(), {"eth0": MAC}, **inner)
    return network(msgspec.structs.replace(host, neighbours=(entry,)), container)


def with_macs(namespace: Namespace, macs: dict[str, int], **changes: object) -> Namespace:
    links = tuple(
        msgspec.structs.replace(each, mac=macs[each.name], **changes) if each.name in macs else each
        for each in namespace.links
    )
    return msgspec.structs.replace(namespace, links=links)


def darkened(net: Network) -> Network:
    host = net.namespace(HOST_NETNS)
    links = tuple(msgspec.structs.replace(each, carrier=each.name != "docker0") for each in host.links)
    return net.with_namespace(HOST_NETNS, msgspec.structs.replace(host, links=links))


# network, outcomes
ENTRIES: dict[str, tuple[Network, list[str]]] = {
    "the container's": (entered(MAC), ["device-out"]),
    "another's": (entered(OTHER), ["dropped neighbour-wrong"]),
    "the container's, without ARP": (entered(MAC, "NOARP"), ["device-out"]),
    "another's, without ARP": (entered(OTHER, "NOARP"), ["dropped neighbour-wrong"]),
    "that of all machines": (entered(BROADCAST, "NOARP"), ["dropped neighbour-wrong"]),
    "another's, which the kernel confirms": (entered(OTHER, "REACHABLE"), ["device-out"]),
    "by a link without carrier": (darkened(entered(MAC)), ["device-out"]),
    "of a link that is down": (entered(MAC, up=False), ["device-out"]),
    "learned, of a link that is down": (entered(MAC, "REACHABLE", up=False), ["dropped link-down"]),
}


@each_row(("net", "expected"), ENTRIES.values(), ids=ENTRIES)
def test_a_permanent_entry_is_not_resolved(net: Network, expected: list[str]) -> None:
    packet = msgspec.structs.replace(FROM_CLIENT, daddr=WEB)
    assert told(neighbour(net, at("neighbour", packet, oif="docker0"))) == expected


def test_a_permanent_entry_leads_to_the_owner_of_its_mac_address() -> None:
    net = entered(MAC)
    inner = net.namespace(sibling("container:web"))
    wrong = Neighbour("eth0", 4, CLIENT, OF_BRIDGE, "PERMANENT")
    asking = net.with_namespace(HOST_NETNS, msgspec.structs.replace(inner, neighbours=(wrong,)))
    packet = msgspec.structs.replace(FROM_CLIENT, daddr=CLIENT)
    (outcome,) = neighbour(asking, at("neighbour", packet, netns=sibling("container:web"), oif="eth0"))
    assert isinstance(outcome, State)
    assert outcome.frame.target == Port(HOST_NETNS, "docker0")


ROUTER, ITS_MAC = HOST_ADDRESS - 10, 0x020000000077


@pytest.mark.parametrize(("entries", "asked", "assumed"), (
    ((Neighbour("eth0", 4, ROUTER, ITS_MAC, "PERMANENT"),), 1, 0),
    ((Neighbour("eth0", 4, ROUTER, ITS_MAC, "STALE"),),     0, 0),
    # The kernel has learned the same hardware address with another address of the router.
    ((Neighbour("eth0", 4, ROUTER, ITS_MAC, "PERMANENT"), Neighbour("eth0", 6, 1, ITS_MAC, "REACHABLE")), 0, 1),
))  # fmt: skip
def test_a_hardware_address_that_was_entered_by_hand_is_a_question(
    entries: tuple[Neighbour, ...], asked: int, assumed: int
) -> None:
    """Nothing on this host shows the router's hardware address: a wrong entry loses every answer."""
    usual = walk_flow(network(msgspec.structs.replace(host_namespace(), neighbours=entries)), published()).usual
    assert usual.verdict == "delivered"
    assert [each.breaks_if for each in usual.questions] == ["no"] * asked
    assert len(usual.assumed) == assumed
    for each in usual.questions:
        assert str(each.text).startswith("Does 198.51.100.1 have the hardware address 02:00:00:00:00:77? ")


SILENT = {"conf__all__arp_ignore": "8"}


@pytest.mark.parametrize(("known", "expected"), (
    ((),                                            "delivered"),   # the host asks for it, and it learns the host
    ((Neighbour("docker0", 4, WEB, 1, "STALE"),),   "unanswered"),  # the host need not ask
    ((Neighbour("docker0", 4, WEB, None, "FAILED"),), "delivered"),
))  # fmt: skip
def test_who_is_asked_by_arp_learns_who_asks(known: tuple[Neighbour, ...], expected: str) -> None:
    """net/ipv4/arp.c arp_process(): the container need not ask for the host, which would not answer."""
    host = msgspec.structs.replace(host_namespace(values=SILENT), neighbours=known)
    assert walk_flow(network(host), asked(FromHost(), "172.17.0.2", 80)).verdict == expected


def test_a_machine_that_gave_no_answer_is_said_to_be_assumed_to_answer() -> None:
    """A route that is too wide has a client on the link that is behind a router: nobody answers for it there."""
    failed = Neighbour("eth0", 4, CLIENT, None, "FAILED")
    wide = route("192.0.2.0/24", "eth0")
    said = [
        [str(each) for each in walk_flow(network(found), published()).usual.assumed]
        for found in (
            msgspec.structs.replace(host_namespace(routes=(wide,)), neighbours=(failed,)),
            host_namespace(routes=(wide,)),
            msgspec.structs.replace(host_namespace(), neighbours=(failed,)),
        )
    ]
    assert said == [
        ["192.0.2.10 answers on eth0, although it did not answer when the kernel last asked (neighbour entry: FAILED)"],
        [],
        [],
    ]


@pytest.mark.parametrize(("client", "state", "asked_again"), (
    (CLIENT, "FAILED", True), (CLIENT, "INCOMPLETE", True), (CLIENT, "STALE", False), (CLIENT, "", False),
))  # fmt: skip
def test_a_machine_that_a_route_has_on_the_link_and_that_gave_no_answer_is_asked_about(
    client: int, state: str, *, asked_again: bool
) -> None:
    """tests/walk/link/test_unanswered.py has machines in the link's own networks."""
    entries = (Neighbour("eth0", 4, client, None if asked_again else 1, state),) if state else ()
    on_link = (route(f"{address_text(client, 4)}/32", "eth0"),)
    host = msgspec.structs.replace(host_namespace(routes=on_link), neighbours=entries)
    for flow in (published(Outside(client)), asked(FromHost(), address_text(client, 4), 443)):
        trace = walk_flow(network(host), flow)
        assert trace.succeeds
        assert [each.breaks_if for each in trace.usual.questions] == ["yes"] * asked_again
        for each in trace.usual.questions:
            assert "A route leads directly to 192.0.2.10 on eth0, and 192.0.2.10 was silent there" in str(each.text)


@pytest.mark.parametrize(("state", "asked_again"), (
    ("FAILED", True), ("INCOMPLETE", True), ("STALE", False), ("REACHABLE", False), ("", False),
))  # fmt: skip
def test_a_gateway_that_gave_no_answer_is_asked_about_first(state: str, *, asked_again: bool) -> None:
    gateway = parse_address("198.51.100.80")[1]
    entries = (Neighbour("eth0", 4, gateway, None if asked_again else 1, state),) if state else ()
    by_gateway = (route("192.0.2.0/24", "eth0", via="198.51.100.80"),)
    host = msgspec.structs.replace(host_namespace(routes=by_gateway), neighbours=entries)
    trace = walk_flow(network(host), published())
    assert trace.succeeds
    assert [each.breaks_if for each in trace.usual.questions] == ["yes"] * asked_again
    for each in trace.usual.questions:
        assert f"198.51.100.80 was silent on eth0 (neighbour entry: {state}). Is it still silent?" in str(each.text)
        assert option_of(each.wanted[0]) == "ping -c 1 -I eth0 198.51.100.80; ip neigh show 198.51.100.80 dev eth0"


@pytest.mark.parametrize(("table", "is_named"), ((100, True), (254, False)))
def test_the_policy_rule_that_led_to_a_silent_gateway_is_named(table: int, *, is_named: bool) -> None:
    gateway = parse_address("198.51.100.80")[1]
    usual = (PolicyRule(4, 0, table=255), PolicyRule(4, 32766, table=254))
    rules = (usual[0], PolicyRule(4, 1000, table=100, text="1000: from all lookup 100"), usual[1])
    by_gateway = (route("192.0.2.0/24", "eth0", via="198.51.100.80", table=table),)
    host = host_namespace(routes=by_gateway, policy_rules=rules)
    host = msgspec.structs.replace(host, neighbours=(Neighbour("eth0", 4, gateway, None, "FAILED"),))
    (question,) = walk_flow(network(host), published()).usual.questions
    assert ("`1000: from all lookup 100`" in str(question.if_yes)) is is_named


def with_rival(known: int | None) -> Network:
    """Return the host on which ``db`` has a local route to the address of ``web``, too; ``known``: the hardware address
    that the host has learned."""
    built = with_db()
    db = built.namespace(sibling("container:db"))
    built = built.with_namespace(
        sibling("container:db"), msgspec.structs.replace(db, routes=(*db.routes, local("172.17.0.2/32", "lo")))
    )
    entries = (Neighbour("docker0", 4, WEB, known, "REACHABLE"),) if known is not None else ()
    return built.with_namespace(HOST_NETNS, msgspec.structs.replace(built.namespace(HOST_NETNS), neighbours=entries))


# the hardware address that the host knows; who gets the packet
RIVALS: dict[str, tuple[int | None, str]] = {
    "the right one is known, and asked alone again": (WEB_MAC, "container:web"),
    "the other one is known, and answers": (DB_MAC, "container:db"),
    "a machine that has gone is known: the one with the address": (DB_MAC + 9, "container:web"),
    "nobody is known: the bridge's newest port gets the request first": (None, "container:db"),
}


@pytest.mark.parametrize(("known", "receiver"), RIVALS.values(), ids=RIVALS)
def test_of_several_that_answer_for_an_address(known: int | None, receiver: str) -> None:
    packet = msgspec.structs.replace(FROM_CLIENT, daddr=WEB)
    (outcome,) = neighbour(with_rival(known), at("neighbour", packet, oif="docker0"))
    assert isinstance(outcome, State)
    assert outcome.frame.target == Port(sibling(receiver), "eth0")


def test_an_entry_of_one_that_does_not_answer_for_the_address_names_nobody() -> None:
    packet = msgspec.structs.replace(FROM_CLIENT, daddr=WEB)
    for mac in (DB_MAC, WEB_MAC):
        (outcome,) = neighbour(with_neighbour(mac, "STALE"), at("neighbour", packet, oif="docker0"))
        assert isinstance(outcome, State)
        assert outcome.frame.target == Port(sibling("container:web"), "eth0")


SEEN = Neighbour("eth0", 4, HOST_ADDRESS + 9, 0x020000000001, "STALE")


@each_row(("entries", "said"), (
    ((),                                                            0),  # nothing was learned on the link
    ((SEEN,),                                                       1),
    ((SEEN, Neighbour("eth0", 4, ROUTER, ITS_MAC, "STALE")),        0),
    ((msgspec.structs.replace(SEEN, link="docker0"),),              0),
    ((msgspec.structs.replace(SEEN, state="FAILED", mac=None),),    0),
    (tuple(Neighbour("eth0", 4, HOST_ADDRESS + 20 + n, 1 + n, "STALE") for n in range(130)), 0),  # some are freed
))  # fmt: skip
def test_a_gateway_that_no_entry_shows_is_said_to_be_assumed_where_others_have_one(
    entries: tuple[Neighbour, ...], said: int
) -> None:
    trace = walk_flow(network(msgspec.structs.replace(host_namespace(), neighbours=entries)), published())
    assert (trace.verdict, trace.questions) == ("delivered", ())
    told = "198.51.100.1 answers on eth0, although it has no neighbour entry and other machines there have one"
    assert [str(each) for each in trace.assumed] == [told] * said

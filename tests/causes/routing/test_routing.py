"""Routes, policy rules, neighbours, addresses that overlap."""

import msgspec
import pytest

from hairpin.causes.routing._overlap import another_subnet
from hairpin.change.change import AddEntry, DeleteEntry
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import examine
from hairpin.host.docker import DockerNetwork, Endpoint, Subnet
from hairpin.host.link import Address, BridgePort, Link
from hairpin.host.route import PolicyRule, Route
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Start
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, parse_address
from hairpin.walk.walk import walk_flow
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import (
    DB_MAC,
    WEB_MAC,
    asked,
    blackhole,
    claimed,
    led_to,
    on_two_networks,
    with_host,
    with_link,
    with_neighbour,
    with_second_bridge,
    without_route,
)
from tests.causes.ipv6_hosts import of_ipv6_network
from tests.causes.route_hosts import LOCAL_TABLE, MAIN_TABLE, routed, with_inner_values, with_router_inside
from tests.inner_tunnel_host import behind_vpn
from tests.named_namespace_host import POD, inside, named, whole, with_bridge
from tests.routing_container import TO_HOST, routing
from tests.rule_text import with_rule
from tests.small_host import (
    HOST_NETNS,
    WEB_ITSELF,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    local,
    network,
    published,
    route,
    ruleset,
    sibling,
)

NOBODY = 0x020000000009
ARP_OFF = {"mac": 0x020000000008, "flags": ("BROADCAST", "NOARP", "UP")}
OWN = Outside(parse_address("172.17.9.9")[1], "eth0")
OFFICE = Outside(parse_address("172.18.9.9")[1], "eth0")
LAST = Outside(parse_address("172.17.255.255")[1], "eth0")
BROADCAST = msgspec.structs.replace(route("172.17.255.255/32", "docker0", table=255), type="broadcast")
TABLE_100 = PolicyRule(4, 9, table=100, iif="docker0", text="9: from all iif docker0 lookup 100")
UNREACHABLE = PolicyRule(4, 10, "unreachable", iif="docker0", text="10: from all iif docker0 unreachable")
BEHIND_MAIN = PolicyRule(4, 32767, table=253, text="32767: from all lookup default")
OVER_MAIN = PolicyRule(4, 10, "goto", goto=32767, iif="docker0", text="10: from all iif docker0 goto 32767")
TO_MAIN = PolicyRule(4, 10, "goto", goto=32766, iif="docker0", text="10: from all iif docker0 goto 32766")


def refused_in(table: int, *policy: PolicyRule) -> Network:
    """Return the host with these policy rules, and a table that refuses everything."""
    host = routed(*policy).namespace(HOST_NETNS)
    refusing = msgspec.structs.replace(route("default", "lo", table=table), type="unreachable", next_hops=())
    return network(msgspec.structs.replace(host, routes=(*host.routes, refusing)))


def with_default(link: str, metric: int, rp_filter: str = "0") -> Network:
    """Return the host with a default route by that link beside its router's, whose metric is 100."""
    host = without_route(host_namespace(values={"conf__eth0__rp_filter": rp_filter}), 0)
    router = msgspec.structs.replace(route("default", "eth0", via="198.51.100.1"), metric=100)
    other = msgspec.structs.replace(route("default", link), metric=metric)
    return network(msgspec.structs.replace(host, routes=(*host.routes, router, other)))


"""The configuration of a card that was taken out."""


ONE_SEGMENT = msgspec.structs.replace(published(), data_bytes=1460)


def with_duplicate() -> Network:
    """Return the host whose container's IPv6 address is another machine's, too."""
    whole, own = of_ipv6_network(), sibling("container:web")
    inner = whole.namespace(own)
    address = next(each for each in inner.addresses if each.version == 6)
    failed = msgspec.structs.replace(address, tentative=True, duplicate=True)
    return whole.with_namespace(
        own,
        msgspec.structs.replace(
            inner,
            addresses=tuple(failed if each is address else each for each in inner.addresses),
            routes=tuple(each for each in inner.routes if each != local("fd00::2/128", "eth0")),
        ),
    )


def answering_by(rp_filter: str) -> Network:
    """Return the host whose container answers by a second bridge, with this ``rp_filter`` of that bridge."""
    built = on_two_networks("2")
    host = built.namespace(HOST_NETNS)
    sysctls = host.sysctls.with_value(("net", "ipv4", "conf", "br-2", "rp_filter"), rp_filter)
    built = built.with_namespace(HOST_NETNS, msgspec.structs.replace(host, sysctls=sysctls))
    web = built.namespace(sibling("container:web"))
    rules = tuple(PolicyRule(4, number, table=table) for number, table in ((0, 255), (32766, 254), (32767, 253)))
    return built.with_namespace(sibling("container:web"), msgspec.structs.replace(web, rules=rules))


CASES: dict[str, Case] = {
    "a container answers by its other network": Case(
        answering_by("1"), published(), ("answers-leave-by-other-network",), answering_by("2"),
    ),
    "a bridge port takes less than one segment": Case(
        network(with_link(host_namespace(), "veth1", mtu_bytes=1400)), ONE_SEGMENT, ("mtu-black-hole",),
        network(with_link(host_namespace(), "veth1", mtu_bytes=1496)),
    ),
    "the client is in a blackhole": Case(
        network(host_namespace(routes=(blackhole("192.0.2.0/24"),))), published(), ("blackhole-route-covers-client",),
        network(host_namespace(routes=(blackhole("192.0.3.0/24"),))),
    ),
    "the container is in a blackhole": Case(
        network(host_namespace(routes=(blackhole("172.17.0.2/32"),))), published(),
        ("blackhole-route-covers-container",), network(host_namespace(routes=(blackhole("172.17.0.3/32"),))),
    ),
    "the sending container is in a blackhole": Case(
        network(host_namespace(values={"conf__all__rp_filter": "1"}, routes=(blackhole("172.17.0.2/32"),))),
        asked(FromContainer("web", sibling("container:web")), "198.51.100.11", 8151),
        ("blackhole-route-covers-container",),
        network(host_namespace(values={"conf__all__rp_filter": "1"}, routes=(blackhole("172.17.0.3/32"),))),
    ),
    "a container's own VPN takes the answers": Case(
        behind_vpn("10.9.0.0/16"), published(), ("route-diverts-traffic",), behind_vpn("192.0.2.0/24"),
    ),
    "a container's own VPN takes what the container asks of its neighbours": Case(
        behind_vpn(), asked(FromContainer("web", sibling("container:web")), "198.51.100.250", 80),
        ("route-diverts-traffic",), behind_vpn("198.51.100.0/24"),
    ),
    "a VPN's route over the container network": Case(
        led_to("tun0"), published(), ("bridge-subnet-overlaps-route",), led_to("tun0", "172.30.0.0/16"),
    ),
    "the client's address is inside another network's subnet": Case(
        with_second_bridge("172.18.0.0/16"), published(OFFICE), ("client-inside-container-subnet",),
        with_second_bridge("172.19.0.0/16"),
    ),
    "a default route into docker0 before the router's": Case(
        with_default("docker0", metric=0), published(), ("bridge-became-default-route",),
        with_default("docker0", metric=200),
    ),
    "a default route into docker0, and the way out of a container": Case(
        with_default("docker0", metric=0), egress(), ("bridge-became-default-route",),
        with_default("docker0", metric=200),
    ),
    "a default route into docker0, and a strict reverse path": Case(
        with_default("docker0", metric=0, rp_filter="1"), published(), ("bridge-became-default-route",),
        with_default("docker0", metric=200, rp_filter="1"),
    ),
    "the container's IPv6 address is a duplicate": Case(
        with_duplicate(), asked(FromHost(), "fd00::2", 80), ("ipv6-address-duplicate",), of_ipv6_network(),
    ),
    "ARP is off on the uplink": Case(
        network(with_link(host_namespace(), "eth0", **ARP_OFF)), published(), ("arp-not-answered",),
        network(with_link(host_namespace(), "eth0", mac=NOBODY, flags=("BROADCAST", "UP"))),
    ),
    "ARP is off on the uplink, and a container asks": Case(
        network(with_link(host_namespace(), "eth0", **ARP_OFF)), egress(), ("arp-not-answered",),
    ),
    "ARP is off in the container": Case(
        network(inner=with_link(container_namespace(), "eth0", **ARP_OFF)), published(), ("arp-not-answered",),
    ),
    "the uplink answers no request": Case(
        network(host_namespace(values={"conf__all__arp_ignore": "8"})), published(), ("arp-not-answered",),
        network(host_namespace(values={"conf__all__arp_ignore": "1"})),
    ),
    "the container answers no request": Case(
        with_inner_values(conf__eth0__arp_ignore="8"), published(), ("arp-not-answered",),
        with_inner_values(conf__eth0__arp_ignore="2"),
    ),
    "the kernel asks for no neighbour on the bridge": Case(
        network(host_namespace(values={"neigh__docker0__mcast_solicit": "0"})), published(),
        ("neighbour-requests-off",), network(host_namespace(values={"neigh__docker0__mcast_solicit": "3"})),
    ),
    "the container asks for no neighbour": Case(
        with_inner_values(neigh__eth0__mcast_solicit="0"), egress(), ("neighbour-requests-off",),
        with_inner_values(neigh__eth0__mcast_solicit="1"),
    ),
    "a permanent neighbour entry to nobody": Case(
        with_neighbour(NOBODY), published(), ("neighbour-entry-wrong",), with_neighbour(NOBODY, "STALE"),
    ),
    "a machine that was not read claims the address": Case(
        claimed("REACHABLE"), published(), ("neighbour-entry-wrong",), claimed("REACHABLE", port="veth1"),
    ),
    "its claim is of a while ago, and its port has spoken since": Case(
        claimed("STALE"), published(), ("neighbour-entry-wrong",), claimed("FAILED"),
    ),
    "a neighbour entry without ARP to nobody": Case(
        with_neighbour(NOBODY, "NOARP"), published(), ("neighbour-entry-wrong",), with_neighbour(WEB_MAC, "NOARP"),
    ),
    "a permanent neighbour entry to another container": Case(
        with_neighbour(DB_MAC), published(), ("neighbour-entry-wrong",), with_neighbour(WEB_MAC),
    ),
    "the tables for replies have no default route": Case(
        routed(default_in=100), published(), ("no-route-to-client",), routed(TABLE_100, default_in=100),
    ),
    "a client is behind a container, and the host has no route to it": Case(
        routing(), TO_HOST, ("no-route-to-client",), routing(masquerades=True),
    ),
    "a policy rule refuses the reply": Case(
        routed(TABLE_100, UNREACHABLE), published(), ("policy-rule-diverts-container-traffic",), routed(TABLE_100),
    ),
    "a policy rule passes over the main table": Case(
        routed(OVER_MAIN, MAIN_TABLE, BEHIND_MAIN), published(), ("policy-rule-diverts-container-traffic",),
        routed(TO_MAIN, MAIN_TABLE, BEHIND_MAIN),
    ),
    "a policy rule leads to a table that refuses": Case(
        refused_in(100, TABLE_100), published(), ("policy-rule-diverts-container-traffic",), refused_in(200, TABLE_100),
    ),
}  # fmt: skip


def test_a_client_with_the_broadcast_address_of_a_container_network() -> None:
    """Two facts keep its answers: the broadcast route, and the subnet that covers the address."""
    found = diagnose(network(host_namespace(routes=(BROADCAST,))), published(LAST)).causes
    assert [each.cause for each in found] == ["client-inside-container-subnet"] * 2
    assert str(found[0].candidate.title) == (
        "The client's address is the broadcast address of container network bridge (172.17.0.0/16)"
    )
    (alone,) = diagnose(network(), published(LAST)).causes
    assert str(alone.candidate.title) == "The client's address lies inside container network bridge (172.17.0.0/16)"


@pytest.mark.parametrize(("start", "cause"), (
    (WEB_ITSELF, "bridge-subnet-overlaps-route"),
    (FromHost(), "container-address-not-assigned"),
    (FromContainer("web", HOST_NETNS), "container-address-not-assigned"),  # on the host's network
))  # fmt: skip
def test_an_address_in_a_network_that_the_container_is_not_on_is_a_machines_elsewhere(start: Start, cause: str) -> None:
    """Engines keep networks apart: it has never reached a container there.  The host reaches each of them."""
    gateway = parse_address("172.18.0.1")[1]
    other = DockerNetwork("n2", "backend", "bridge", subnets=(Subnet(4, gateway - 1, 16, gateway),), bridge="br-2")
    host = with_second_bridge("172.18.0.0/16").namespace(HOST_NETNS)
    built = network(
        msgspec.structs.replace(
            host,
            addresses=(*host.addresses, Address("br-2", 4, gateway, 16)),
            routes=(*host.routes, local("172.18.0.1/32", "br-2")),
        )
    )
    docker = msgspec.structs.replace(engine(container()), networks=(*engine().networks, other))
    found = diagnose(with_host(built, engines=(docker,)), Flow(start, 4, OFFICE.address, "tcp", 9000))
    assert [each.cause for each in found.causes] == [cause]


def joined_network(subnet: str) -> Network:
    """Return the host with a second network, which ``web`` has joined by its eth1."""
    first = parse_address(subnet.partition("/")[0])[1]
    length, gateway = int(subnet.partition("/")[2]), first + 1
    host = with_second_bridge(subnet).namespace(HOST_NETNS)
    wire = Link(8, "veth3", "veth", master="br-2", peer_index=10, peer_netnsid=0, port=BridgePort())
    answers = with_rule("filter FORWARD", "-o br-2 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")
    out = with_rule("filter FORWARD", "-i br-2 ! -o br-2 -j ACCEPT", answers)
    host = msgspec.structs.replace(
        host,
        ruleset=ruleset(with_rule("nat POSTROUTING", f"-s {subnet} ! -o br-2 -j MASQUERADE", out)),
        links=(*host.links, wire),
        addresses=(*host.addresses, Address("br-2", 4, gateway, length)),
        routes=(*host.routes, local(f"{address_text(gateway, 4)}/32", "br-2")),
    )
    inner = container_namespace()
    inner = msgspec.structs.replace(
        inner,
        links=(*inner.links, Link(10, "eth1", "veth", peer_index=8, peer_netnsid=0)),
        addresses=(*inner.addresses, Address("eth1", 4, first + 2, length)),
        routes=(*inner.routes, local(f"{address_text(first + 2, 4)}/32", "eth1"), route(subnet, "eth1")),
    )
    made = DockerNetwork("n2", "billing", "bridge", subnets=(Subnet(4, first, length, gateway),), bridge="br-2")
    web = container()
    web = msgspec.structs.replace(web, endpoints=(*web.endpoints, Endpoint("billing", ipv4=first + 2)))
    docker = msgspec.structs.replace(engine(web), networks=(*engine().networks, made))
    return network(host, inner, docker=docker)


@pytest.mark.parametrize(("subnet", "asked", "cause"), (
    ("203.0.113.0/24", "203.0.113.80", "bridge-subnet-overlaps-route"),
    ("172.18.0.0/16", "172.18.0.80", "container-address-not-assigned"),
))  # fmt: skip
@pytest.mark.parametrize("start", (FromHost(), WEB_ITSELF))
def test_an_address_of_the_internet_in_a_network_is_another_machines(
    start: Start, subnet: str, asked: str, cause: str
) -> None:
    """The container is on the network, so a private address may be the old one of another container there."""
    net = joined_network(subnet)
    (found,) = diagnose(net, Flow(start, 4, parse_address(asked)[1], "tcp", 443)).causes
    assert found.cause == cause


def test_what_leads_to_nobody_is_named_also_where_its_refusal_is_lost() -> None:
    redirected = ruleset(with_rule("nat PREROUTING", "-i eth0 -p tcp --dport 8151 -j REDIRECT --to-ports 3128"))
    host = msgspec.structs.replace(with_default("docker0", metric=0).namespace(HOST_NETNS), ruleset=redirected)
    found = diagnose(network(host), published())
    assert sorted(each.cause for each in found.causes) == ["bridge-became-default-route", "dnat-rule-shadowed"]


def test_a_route_for_one_address_helps_only_a_client_that_somebody_named() -> None:
    inside = parse_address("198.51.100.100")[1]
    for start, repair in ((Outside(inside), AddEntry), (Lan(inside), DeleteEntry)):
        (found,) = diagnose(with_router_inside("0"), published(start)).causes
        assert found.cause == "client-inside-container-subnet"
        assert [type(each) for each in found.candidate.change.parts] == [repair]


@pytest.mark.parametrize("rp_filter", ("0", "1", "2"))
def test_a_client_has_an_address_of_the_containers_own_subnet(rp_filter: str) -> None:
    """The container itself takes the client for a neighbour; the host believes it, or does not."""
    built = network(host_namespace(values={"conf__eth0__rp_filter": rp_filter}))
    fires(Case(built, published(OWN), ("client-inside-container-subnet",)))
    is_silent(built, published())


def test_a_network_without_a_named_gateway_is_led_past_by_its_first_address() -> None:
    """The container, too, takes the client for a neighbour: its packets go by the bridge's address."""
    subnet = Subnet(4, parse_address("172.17.0.0")[1], 16)
    named = msgspec.structs.replace(engine().networks[0], subnets=(subnet,))
    docker = msgspec.structs.replace(engine(container()), networks=(named,))
    (found,) = diagnose(network(docker=docker), published(OWN)).causes
    assert [
        (part.netns.name, part.entry.next_hops[0].gateway)
        for part in found.candidate.change.parts
        if isinstance(part, AddEntry) and isinstance(part.entry, Route)
    ] == [("container:web", parse_address("172.17.0.1")[1]), ("host", parse_address("198.51.100.1")[1])]


def test_a_veth_whose_other_end_is_on_the_host_leads_to_no_container() -> None:
    host = with_default("tun0", metric=0).namespace(HOST_NETNS)
    veth = Link(60, "tun0", "veth", peer_index=61, carrier=False, operstate="DOWN")
    ends = (veth, Link(61, "tun1", "veth", peer_index=60, carrier=False, operstate="DOWN"))
    found = diagnose(network(msgspec.structs.replace(host, links=(*host.links, *ends))), published())
    assert [each.cause for each in found.causes] == ["route-diverts-traffic"]


@pytest.mark.parametrize(
    ("tool", "name", "said"),
    (
        ("docker", "bridge", "bip in /etc/docker/daemon.json"),
        ("podman", "podman", "default_subnet"),
        ("docker", "back", "docker network create --subnet"),
        ("podman", "bridge", "podman network create --subnet"),
    ),
)
def test_an_engines_default_network_is_not_made_anew_by_hand(tool: str, name: str, said: str) -> None:
    told = str(another_subnet(DockerNetwork("n1", name, "bridge"), tool, name))
    assert said in told
    assert ("network create" in told) is ("network create" in said)


def test_a_containers_vpn_is_not_taken_away() -> None:
    """The repair is a route to the clients' network; what the container asks of the Internet has to take the VPN."""
    (finding,) = examine(behind_vpn(), (published(),)).causes
    (part,) = finding.candidate.change.parts
    assert isinstance(part, AddEntry)
    assert isinstance(part.entry, Route)
    assert str(part.entry.prefix) == "192.0.2.0/24"
    assert walk_flow(behind_vpn(), egress()).succeeds


@pytest.mark.parametrize("cause", ("route-diverts-traffic", "policy-rule-diverts-container-traffic"))
@pytest.mark.parametrize(("sends", "told"), (("1", True), ("0", False)))
def test_a_container_may_obey_redirects_after_the_repair(cause: str, sends: str, told: bool) -> None:
    """The real hunt: the route was deleted, and the container went on sending to the router of the redirect."""
    by_rule = cause != "route-diverts-traffic"
    wrong = route("203.0.113.0/24", "docker0", via="172.17.0.77", table=100 if by_rule else 254)
    values = {f"conf__{name}__send_redirects": sends for name in ("all", "docker0")}
    rules = (LOCAL_TABLE, *((TABLE_100,) if by_rule else ()), MAIN_TABLE)
    built = network(host_namespace(routes=(wrong,), values=values, policy_rules=rules))
    (found, *_) = [each.candidate for each in diagnose(built, egress()).causes if each.cause == cause]
    assert [
        str(text).startswith("the kernel may have told web by ICMP redirects that 172.17.0.77") for text in found.advice
    ] == ([True] if told else [])


def test_a_client_in_the_subnet_of_a_bridge_of_no_engine() -> None:
    """A namespace behind the bridge was read, and has another address."""
    outside = Outside(parse_address("10.4.0.77")[1], "eth0")
    fires(Case(whole(inside()), published(outside), ("client-inside-container-subnet",)))
    is_silent(whole(inside()), published(FromContainer("worker", named())))


def test_a_namespace_that_was_not_read_may_have_the_clients_address() -> None:
    for start in (Outside(POD, "eth0"), Outside(POD, "vethpod0")):
        diagnosis = diagnose(whole(host=with_bridge()), published(start))
        assert (diagnosis.trace.verdict, diagnosis.causes) == ("depends", ())

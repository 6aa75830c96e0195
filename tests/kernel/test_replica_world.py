"""The world outside receives and sends the packets that the walk says it receives and sends.  Needs root."""

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.host.route import Neighbour, Route
from hairpin.judges.agreement import agreement
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.network.world import World
from hairpin.replica.judge import judge, judge_all
from hairpin.replica.judgement import Judgement
from hairpin.replica.plan.blueprint import WORLD
from hairpin.replica.run import worker
from hairpin.walk.walk import walk_flow
from tests.kernel.test_replica import macvlan
from tests.kernel.test_replica_links import BRIDGE, NIC, PORT, kernel_makes, outer, vlan
from tests.small_host import (
    CLIENT,
    DOCKER_RULES,
    FORWARDING,
    HOST_ADDRESS,
    HOST_NETNS,
    WEB,
    egress,
    engine,
    host_namespace,
    local,
    network,
    published,
    route,
    sibling,
    sysctls,
)
from tests.two_uplinks import LENIENT, OF_SECOND, SECOND, STRICT, TO_SECOND, two_uplinks
from tests.walk.granted.test_untranslated import TO_SITE, exempting
from tests.walk.link.test_neighbour_discovery import net
from tests.whole import thinned_rows

FAR, NEAR, OTHER, STACKED = (
    parse_address(text)[1] for text in ("203.0.113.80", "198.51.100.77", "198.51.100.78", "198.51.100.66")
)
ROUTER = parse_address("198.51.100.1")[1]
INSIDE, OUTSIDE = FromContainer("web", sibling("container:web")), Outside(CLIENT)
ONE, TWO = 0x020000000001, 0x020000000002


def entered(built: Network, link: str, *macs: tuple[int, int], netns: Netns = HOST_NETNS) -> Network:
    """Return the network with permanent entries of neighbours on the link."""
    entries = tuple(Neighbour(link, 4, address, mac, "PERMANENT") for address, mac in macs)
    return built.with_namespace(netns, msgspec.structs.replace(built.namespace(netns), neighbours=entries))


ALL = ((ROUTER, ONE), (NEAR, TWO), (OTHER, ONE))
ON_VLAN = outer("eth0.100", NIC, vlan("eth0.100", "eth0"))
ON_BRIDGE = outer("br0", PORT, BRIDGE)


def to(start: Start, address: int) -> Flow:
    return Flow(start, 4, address, "tcp", 443)


def with_own_routes(built: Network) -> Network:
    """Return the network whose container takes packets to its own address."""
    inner = built.namespace(sibling("container:web"))
    routes = (local("198.51.100.66/32", "eth0"), *inner.routes)
    return built.with_namespace(HOST_NETNS, msgspec.structs.replace(inner, routes=routes))


PUBLISHED = Flow(Lan(NEAR), 4, HOST_ADDRESS, "tcp", 8151)
ON_MACVLAN = entered(with_own_routes(macvlan()), "eth0", *ALL, netns=sibling("container:web"))

CASES: dict[str, tuple[Network, Flow]] = {
    "the router by its entry": (entered(network(), "eth0", (ROUTER, ONE)), to(INSIDE, FAR)),
    "one of two neighbours": (entered(network(), "eth0", *ALL), to(INSIDE, OTHER)),
    "the other of two": (entered(network(), "eth0", *ALL), to(FromHost(), NEAR)),
    "through a VLAN": (entered(ON_VLAN, "eth0.100", *ALL), to(INSIDE, NEAR)),
    "the router through a VLAN": (entered(ON_VLAN, "eth0.100", *ALL), to(INSIDE, FAR)),
    "through a bridge": (entered(ON_BRIDGE, "br0", *ALL), to(INSIDE, NEAR)),
    "the router through a bridge": (entered(ON_BRIDGE, "br0", *ALL), to(INSIDE, FAR)),
    "from a macvlan": (ON_MACVLAN, to(INSIDE, NEAR)),
    "an answer to a known client": (entered(network(), "eth0", (NEAR, ONE)), PUBLISHED),
}


@pytest.mark.parametrize(("built", "asked"), thinned_rows(CASES.values(), 2), ids=CASES)
def test_the_owner_of_an_entrys_mac_address_receives_the_frame(built: Network, asked: Flow) -> None:
    judgement = judge(built, asked)
    found = agreement(walk_flow(built, asked), judgement)
    assert (judgement.verdict, found.agrees, found.reason) == ("delivered", True, None)


def of_the_router(mac: int) -> Network:
    """Return a host whose router has an entry, and that accepts packets from one hardware address only."""
    only = "-A INPUT -i eth0 -m mac ! --mac-source 02:00:00:00:00:01 -j DROP"
    rules = f"*filter\n:INPUT ACCEPT [0:0]\n{only}\nCOMMIT\n"
    return entered(network(host_namespace(rules)), "eth0", (ROUTER, mac))


@pytest.mark.parametrize(("mac", "said"), ((ONE, "delivered"), (TWO, "dropped")))
def test_rules_see_the_senders_mac_address(mac: int, said: str) -> None:
    built, asked = of_the_router(mac), Flow(OUTSIDE, 4, HOST_ADDRESS, "tcp", 8151)
    judgement = judge(built, asked)
    assert (judgement.verdict, agreement(walk_flow(built, asked), judgement).agrees) == (said, True)


def is_told(judgement: Judgement) -> bool:
    """Return whether the answer says that a wire stands for the macvlan, so that the kernel's verdict does not
    decide.
    """
    return any("this kernel cannot make" in str(text) and "a macvlan" in str(text) for text in judgement.left_out)


def test_a_stand_in_for_a_macvlan_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(kinds: frozenset[str]) -> frozenset[str]:
        return kinds - {"macvlan"}

    monkeypatch.setattr(worker, "makeable", without)
    assert is_told(judge(with_own_routes(macvlan()), Flow(OUTSIDE, 4, STACKED, "tcp", 80)))


@pytest.mark.parametrize("start", (OUTSIDE, Lan(NEAR)), ids=("from far away", "from a neighbour"))
def test_every_neighbour_finds_a_macvlans_address(start: Start) -> None:
    """The host's FORWARD chain would drop the packet."""
    built, asked = with_own_routes(macvlan()), Flow(start, 4, STACKED, "tcp", 80)
    judgement = judge(built, asked)
    if not kernel_makes("macvlan"):
        assert is_told(judgement)
        return
    assert (judgement.verdict, agreement(walk_flow(built, asked), judgement).agrees) == ("delivered", True)


def test_a_macvlan_does_not_reach_its_host_though_the_world_has_every_address() -> None:
    built, asked = with_own_routes(macvlan()), Flow(INSIDE, 4, HOST_ADDRESS, "tcp", 8151)
    judgement = judge(built, asked)
    if not kernel_makes("macvlan"):
        assert is_told(judgement)
        return
    assert any(each.netns == WORLD for each in judgement.path)
    assert (judgement.verdict, agreement(walk_flow(built, asked), judgement).agrees) == ("dropped", True)


def passthru(**values: str) -> Network:
    """Return a host with a macvlan in passthru mode on its NIC; both have permanent entries for their neighbours."""
    whole = with_own_routes(macvlan())
    host, inner = whole.namespace(HOST_NETNS), whole.namespace(sibling("container:web"))
    links = tuple(
        msgspec.structs.replace(each, mac=NIC.mac, macvlan_mode="passthru") if each.name == "eth0" else each
        for each in inner.links
    )
    inner = msgspec.structs.replace(inner, links=links, sysctls=sysctls(**values))
    host = msgspec.structs.replace(host, links=tuple(NIC if each.name == "eth0" else each for each in host.links))
    whole = whole.with_namespace(HOST_NETNS, inner).with_namespace(HOST_NETNS, host)
    return entered(entered(whole, "eth0", *ALL), "eth0", *ALL, (HOST_ADDRESS, ONE), netns=sibling("container:web"))


# flow, the container's sysctls, verdict
TAKEN: dict[str, tuple[Flow, dict[str, str], str]] = {
    "to the host": (to(OUTSIDE, HOST_ADDRESS), {}, "dropped"),
    "to the host, and the container forwards": (to(OUTSIDE, HOST_ADDRESS), FORWARDING, "dropped"),
    "to another address, and the container forwards": (to(OUTSIDE, FAR), FORWARDING, "delivered"),
    "from the host": (to(FromHost(), FAR), {}, "unanswered"),
    "to the container": (Flow(OUTSIDE, 4, STACKED, "tcp", 80), {}, "delivered"),
}


@pytest.mark.skipif(not kernel_makes("macvlan"), reason="this kernel cannot make a macvlan")
@pytest.mark.parametrize(("asked", "values", "said"), thinned_rows(TAKEN.values(), 2), ids=TAKEN)
def test_a_macvlan_in_passthru_mode_receives_all_frames(asked: Flow, values: dict[str, str], said: str) -> None:
    built = passthru(**values)
    judgement = judge(built, asked)
    found = agreement(walk_flow(built, asked), judgement)
    assert (judgement.verdict, found.agrees, found.reason) == (said, True, None)


def _with_nic(**changes: bool) -> Namespace:
    usual = host_namespace(DOCKER_RULES)
    links = tuple(msgspec.structs.replace(each, **changes) if each.name == "eth0" else each for each in usual.links)
    return msgspec.structs.replace(usual, links=links)


@pytest.mark.parametrize("to_itself", (False, True), ids=("to the host", "to somebody out there"))
@pytest.mark.parametrize("broken", ("up", "carrier"))
def test_nothing_comes_by_a_dead_link(broken: str, to_itself: bool) -> None:
    changes = {"up": broken != "up", "carrier": False}
    built = network(_with_nic(**changes))
    asked = Flow(Outside(CLIENT, "eth0"), 4, CLIENT if to_itself else HOST_ADDRESS, "tcp", 8151)
    judgement = judge(built, asked)
    assert (judgement.verdict, agreement(walk_flow(built, asked), judgement).agrees) == ("dropped", True)


def test_a_client_may_have_an_address_of_a_container() -> None:
    """The answer goes to the container."""
    built, asked = network(), Flow(Outside(WEB, "eth0"), 4, HOST_ADDRESS, "tcp", 22)
    judgement = judge(built, asked)
    assert any(each.netns == HOST_NETNS and each.link == "eth0" and not each.out for each in judgement.path)
    assert agreement(walk_flow(built, asked), judgement).agrees


def test_an_echo_reply_between_two_outside_comes_by_the_host_again() -> None:
    rules = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -s 203.0.113.80 -j DROP\nCOMMIT\n"
    built, asked = network(host_namespace(rules)), Flow(OUTSIDE, 4, FAR, "icmp", 7)
    judgement = judge(built, asked)
    assert (judgement.verdict, agreement(walk_flow(built, asked), judgement).agrees) == ("unanswered", True)


def test_an_answer_between_two_on_the_same_link_comes_by_the_host_again() -> None:
    """The receiver has the client's address in its own namespace, on that very link."""
    client, asked = (parse_address(f"2001:db8:2::{number}")[1] for number in (77, 78))
    rules = parse(
        "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -s 2001:db8:2::78 -j DROP\nCOMMIT\n",
        family="ip6", dialect="iptables-nft", source="test",
    )  # fmt: skip
    host = net().namespace(HOST_NETNS)
    values = host.sysctls.with_value(("net", "ipv6", "conf", "all", "forwarding"), "1")
    built = net().with_namespace(HOST_NETNS, msgspec.structs.replace(host, ruleset=Ruleset(rules), sysctls=values))
    flow = Flow(Outside(client, "eth0"), 6, asked, "tcp", 80)
    judgement = judge(built, flow)
    assert (judgement.verdict, agreement(walk_flow(built, flow), judgement).agrees) == ("unanswered", True)


def test_a_containers_address_may_exist_outside_too() -> None:
    """No engine has assigned the container's address, and the route to it leads out."""
    away = route("172.17.0.2/32", "eth0", via="198.51.100.1")
    docker = msgspec.structs.replace(engine(), networks=())
    built, asked = network(host_namespace(routes=(away,)), docker=docker), Flow(FromHost(), 4, WEB, "icmp", 7)
    judgement = judge(built, asked)
    assert (judgement.verdict, agreement(walk_flow(built, asked), judgement).agrees) == ("delivered", True)


def forwarding6(*routes: Route, default: bool = True) -> Network:
    """Return a router with a second link, which leads outside like the first."""
    host = net().namespace(HOST_NETNS)
    kept = tuple(each for each in host.routes if each.prefix_length or default)
    return net().with_namespace(
        HOST_NETNS,
        msgspec.structs.replace(
            host,
            routes=(*routes, *kept),
            links=(*host.links, Link(8, "eth1", mac=0x02AABBCCDD08)),
            addresses=(*host.addresses, Address("eth1", 6, parse_address("fe80::8")[1], 64, "link")),
            sysctls=host.sysctls.with_value(("net", "ipv6", "conf", "all", "forwarding"), "1"),
        ),
    )


BY_ETH1 = (local("fe80::8/128", "eth1"), route("2001:db8:1::/64", "eth1"))
LINK_LOCAL: dict[str, tuple[Network, str, str]] = {
    "sent on": (forwarding6(), "fe80::99", "delivered"),
    "sent on, another link has it": (forwarding6(), "fe80::3", "delivered"),
    "an error by another link": (forwarding6(*BY_ETH1, default=False), "fe80::99", "rejected"),
}


@pytest.mark.parametrize(("built", "asked", "said"), thinned_rows(LINK_LOCAL.values(), 2), ids=LINK_LOCAL)
def test_a_client_may_ask_a_link_local_address_that_the_link_has_not(built: Network, asked: str, said: str) -> None:
    client, far = (parse_address(text)[1] for text in ("2001:db8:1::10", asked))
    flow = Flow(Outside(client, "eth0"), 6, far, "udp", 53)
    judgement = judge(built, flow)
    found = agreement(walk_flow(built, flow), judgement)
    assert (judgement.verdict, found.agrees, found.reason) == (said, True, None)


def with_two_links() -> Network:
    """Return a host that drops all packets from its second link."""
    usual = host_namespace("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -i eth1 -j DROP\nCOMMIT\n")
    links = (*usual.links, Link(8, "eth1", mac=0x02AABBCCDD08))
    return network(msgspec.structs.replace(usual, links=links))


def test_flows_of_the_same_addresses_come_in_by_their_own_links() -> None:
    built = with_two_links()
    flows = tuple(Flow(Outside(CLIENT, name), 4, HOST_ADDRESS, "tcp", 8151) for name in ("eth0", "eth1"))
    judgements = judge_all(built, flows)
    assert [each.verdict for each in judgements] == ["delivered", "dropped"]
    assert all(agreement(walk_flow(built, each.flow), each).agrees for each in judgements)


def test_a_client_may_have_a_link_local_address() -> None:
    own, client = (parse_address(text)[1] for text in ("2001:db8:2::11", "fe80::77"))
    host = net().namespace(HOST_NETNS)
    near = route("fe80::/64", "eth0")
    built = net().with_namespace(HOST_NETNS, msgspec.structs.replace(host, routes=(near, *host.routes)))
    asked = Flow(Lan(client, "eth0"), 6, own, "tcp", 22)
    judgement = judge(built, asked)
    assert any((each.netns, each.source) == (HOST_NETNS, "fe80::77") for each in judgement.path)
    assert agreement(walk_flow(built, asked), judgement).agrees


@pytest.mark.parametrize("stated", (None, STRICT, LENIENT), ids=("nothing", "strict", "lenient"))
def test_the_stated_router_is_as_strict_as_the_walks(stated: World | None) -> None:
    """It drops what leaves by its uplink with another uplink's address, answers to clients included, and nothing that
    is for a machine on the link."""
    near = Flow(Lan(NEAR), 4, SECOND, "tcp", 8151)
    out = Flow(FromHost(SECOND), 4, FAR, "tcp", 443)
    flows = (published(), TO_SECOND, near, out, msgspec.structs.replace(egress(), sport=40010))
    for rules in ((), (OF_SECOND,)):
        built = two_uplinks(world=stated, rules=rules)
        for flow, said in zip(flows, judge_all(built, flows), strict=True):
            assert agreement(walk_flow(built, flow), said).agrees, flow


def test_another_site_answers_packets_that_are_exempted_from_masquerading() -> None:
    built = exempting()
    assert walk_flow(built, TO_SITE).succeeds
    assert judge(built, TO_SITE).verdict == "delivered"

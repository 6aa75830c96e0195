"""Rules that drop neighbour solicitations or advertisements make IPv6 neighbours unreachable."""

import msgspec
import pytest

from hairpin.host.host import Namespace
from hairpin.host.link import Address
from hairpin.host.route import Neighbour
from hairpin.host.socket import Socket
from hairpin.netfilter.iptables.save import parse
from hairpin.netfilter.ir import Ruleset
from hairpin.netfilter.packet import is_discovery
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside, Start
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import HOST_NETNS, container_namespace, host_namespace, local, network, route, sibling


def address(text: str) -> int:
    return parse_address(text)[1]


OWN, INNER, WEB = (address(text) for text in ("2001:db8:2::11", "2001:db8:3::1", "2001:db8:3::2"))
CLIENT, NEAR, ROUTER = (address(text) for text in ("2001:db8:1::10", "2001:db8:2::77", "2001:db8:2::1"))
INSIDE, BEYOND, NEXT = FromContainer("web", sibling("container:web")), Outside(CLIENT), Lan(NEAR)
LISTENER = (Socket("tcp", 6, None, 22),)
SERVED = "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"


def letting(*kinds: int, chain: str = "INPUT") -> str:
    """Return rules that let ICMPv6 of these types pass."""
    return "".join(f"-A {chain} -p ipv6-icmp -m icmp6 --icmpv6-type {kind} -j ACCEPT\n" for kind in kinds)


def without(*kinds: int, chain: str = "INPUT") -> str:
    """Return rules that drop ICMPv6 of these types."""
    return letting(*kinds, chain=chain).replace("ACCEPT", "DROP")


def guarded(namespace: Namespace, rules: str, policy: str) -> Namespace:
    """Return the namespace with these rules for IPv6; ``policy``: INPUT's."""
    text = f"*filter\n:INPUT {policy} [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n"
    tables = parse(text, family="ip6", dialect="iptables-nft", source="test")
    return msgspec.structs.replace(namespace, ruleset=Ruleset(tables))


def addressed(namespace: Namespace, *addresses: Address, gateway: tuple[str, str]) -> Namespace:
    """Return the namespace with addresses and the routes that come with them."""
    prefixes = {link.name: f"fe80::{number}" for number, link in enumerate(namespace.links, 1)}
    near = [Address(each.link, 6, address(prefixes[each.link]), 64, "link") for each in addresses]
    texts = {OWN: "2001:db8:2::", INNER: "2001:db8:3::", WEB: "2001:db8:3::"}
    via, link = gateway
    return msgspec.structs.replace(
        namespace,
        addresses=(*namespace.addresses, *addresses, *near),
        routes=(
            *namespace.routes,
            *(local(f"{prefixes[each.link]}/128", each.link) for each in addresses),
            *(local(f"{texts[each.value]}{each.value & 0xFF:x}/128", each.link) for each in addresses),
            *(route(f"{texts[each.value]}/64", each.link) for each in addresses),
            route("::/0", link, via=via),
        ),
        sockets=LISTENER,
    )


def net(rules: str = "", policy: str = "ACCEPT", *, inner: str = "", known: str = "", state: str = "STALE") -> Network:
    """Return a host and a container with IPv6 addresses and a service each; rules of INPUT and OUTPUT; an entry for a
    neighbour that one of them has already."""
    host = addressed(
        host_namespace(),
        Address("eth0", 6, OWN, 64),
        Address("docker0", 6, INNER, 64),
        gateway=("2001:db8:2::1", "eth0"),
    )
    web = addressed(container_namespace(), Address("eth0", 6, WEB, 64), gateway=("2001:db8:3::1", "eth0"))
    if known:
        entry = Neighbour("docker0", 6, address(known), 0x0242AC110002, state)
        host = msgspec.structs.replace(host, neighbours=(entry,))
    return network(guarded(host, rules, policy), guarded(web, inner, "ACCEPT"))


def walked(within: Network, start: Start, daddr: int) -> Trace:
    return walk_flow(within, Flow(start, 6, daddr, "tcp", 22))


# rules, policy of INPUT, sender, receiver, verdict, where the message is dropped
FLOWS: dict[str, tuple[str, str, Start, int, str, str]] = {
    "open": ("", "ACCEPT", BEYOND, OWN, "delivered", ""),
    "the question of a router": (SERVED, "DROP", BEYOND, OWN, "dropped", "host input"),
    "for an address of another link": (without(135), "ACCEPT", BEYOND, INNER, "dropped", "host input"),
    "of a neighbour": (SERVED, "DROP", NEXT, OWN, "dropped", "host input"),
    "the router is to be found, too": (SERVED + letting(135), "DROP", BEYOND, OWN, "unanswered", "host input"),
    "a neighbour's question names him": (SERVED + letting(135), "DROP", NEXT, OWN, "delivered", ""),
    "both let in": (SERVED + letting(135, 136), "DROP", BEYOND, OWN, "delivered", ""),
    "groups let in": (SERVED + "-A INPUT -d ff02::/16 -j ACCEPT\n", "DROP", NEXT, OWN, "delivered", ""),
    "rejected": ("-A INPUT -p ipv6-icmp -j REJECT\n", "ACCEPT", BEYOND, OWN, "dropped", "host input"),
    "rejected to a container": (
        "-A INPUT -p ipv6-icmp -j REJECT\n", "ACCEPT", INSIDE, CLIENT, "dropped", "host input",
    ),
    "rejected to the host": ("-A INPUT -p ipv6-icmp -j REJECT\n", "ACCEPT", FromHost(), WEB, "dropped", "host input"),
    "rejected on its way out": (
        "-A OUTPUT -p ipv6-icmp -j REJECT\n", "ACCEPT", FromHost(), WEB, "dropped", "host output",
    ),
    "untracked is not invalid": (
        "-A INPUT -m conntrack --ctstate INVALID -j DROP\n", "ACCEPT", BEYOND, OWN, "delivered", "",
    ),
    "the answer of the host": (without(136, chain="OUTPUT"), "ACCEPT", NEXT, OWN, "dropped", "host output"),
    "the host asks a container": (without(136), "ACCEPT", FromHost(), WEB, "dropped", "host input"),
    "and may not": (without(135, chain="OUTPUT"), "ACCEPT", FromHost(), WEB, "dropped", "host output"),
    "with its hop limit": (
        "-A INPUT -p ipv6-icmp -m hl ! --hl-eq 255 -j DROP\n", "ACCEPT", FromHost(), WEB, "delivered", "",
    ),
    "the host asks its router": (without(136), "ACCEPT", FromHost(), CLIENT, "dropped", "host input"),
    "a container asks its gateway": (without(135), "ACCEPT", INSIDE, CLIENT, "dropped", "host input"),
    "and is answered": (without(136, chain="OUTPUT"), "ACCEPT", INSIDE, INNER, "dropped", "host output"),
    "a container is known by its question": (without(136), "ACCEPT", INSIDE, INNER, "delivered", ""),
}  # fmt: skip


def dropped_where(trace: Trace) -> str:
    stop = trace.usual.stop
    return f"{stop.netns} {stop.stage}" if stop is not None and is_discovery(stop.seen.packet) else ""


@each_row(("rules", "policy", "start", "daddr", "verdict", "where"), FLOWS.values(), ids=FLOWS)
def test_neighbours_found_and_not_found(
    rules: str, policy: str, start: Start, daddr: int, verdict: str, where: str
) -> None:
    trace = walked(net(rules, policy), start, daddr)
    assert (trace.verdict, dropped_where(trace)) == (verdict, where)


def strangers(rules: str) -> Network:
    """Return the host, to which the client's network is docker0's: by eth0 his packets come from a router all the
    same.  It has no way to anybody else."""
    host = net().namespace(HOST_NETNS)
    tables = parse(rules, family="ip6", dialect="iptables-nft", source="test")
    routes = (route("2001:db8:1::/64", "docker0"), *(each for each in host.routes if each.prefix_length))
    return net().with_namespace(HOST_NETNS, msgspec.structs.replace(host, routes=routes, ruleset=Ruleset(tables)))


_ANSWERS = "-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 136"
_TO_CLIENT = f"*filter\n:OUTPUT ACCEPT [0:0]\n{_ANSWERS} -d 2001:db8:1::10 -j DROP\nCOMMIT\n"
_TO_ROUTER = f"*filter\n:OUTPUT ACCEPT [0:0]\n{_ANSWERS} -d fe80::/10 -j DROP\nCOMMIT\n"
_MARKED = f"*mangle\n:OUTPUT ACCEPT [0:0]\n{_ANSWERS} -j MARK --set-mark 1\nCOMMIT\n"
STRANGERS = {"to himself": (_TO_CLIENT, False), "to his router": (_TO_ROUTER, True), "marked": (_MARKED, True)}
"""Rules for answers; whether they keep the question for the host from being answered.  One that
is marked has its way looked up, and there is none to link-local addresses."""


@pytest.mark.parametrize(("rules", "lost"), STRANGERS.values(), ids=STRANGERS)
def test_a_router_solicits_for_a_client_that_is_not_on_the_link(rules: str, lost: bool) -> None:
    trace = walked(strangers(rules), Outside(CLIENT, "eth0"), OWN)
    assert (trace.verdict == "dropped") is lost
    assert bool(dropped_where(trace)) is lost


# rules of the container, sender, receiver, verdict, where the message is dropped
INNER_RULES: dict[str, tuple[str, Start, int, str, str]] = {
    "asked": (without(135), FromHost(), WEB, "dropped", "container:web input"),
    "answering": (without(136, chain="OUTPUT"), FromHost(), WEB, "dropped", "container:web output"),
    "answered": (without(136), INSIDE, INNER, "dropped", "container:web input"),
    "asking": (without(135, chain="OUTPUT"), INSIDE, CLIENT, "dropped", "container:web output"),
    "it need not ask who has asked": (without(135, chain="OUTPUT"), FromHost(), WEB, "delivered", ""),
}


@each_row(("rules", "start", "daddr", "verdict", "where"), INNER_RULES.values(), ids=INNER_RULES)
def test_a_containers_own_rules(rules: str, start: Start, daddr: int, verdict: str, where: str) -> None:
    trace = walked(net(inner=rules), start, daddr)
    assert (trace.verdict, dropped_where(trace)) == (verdict, where)


@each_row(
    ("known", "state", "verdict"),
    (
        ("2001:db8:3::2", "REACHABLE", "delivered"),
        ("2001:db8:3::2", "STALE", "delivered"),
        ("2001:db8:3::2", "PERMANENT", "delivered"),
        ("2001:db8:3::2", "FAILED", "dropped"),
        ("2001:db8:3::9", "REACHABLE", "dropped"),
    ),
)
def test_a_known_neighbour_is_not_solicited(known: str, state: str, verdict: str) -> None:
    within = net(without(136), known=known, state=state)
    assert walked(within, FromHost(), WEB).verdict == verdict


def test_the_packet_that_waits_for_its_neighbour_ends() -> None:
    trace = walked(net(without(136)), FromHost(), WEB)
    assert {step.packet.daddr for step in trace.usual.request} == {WEB}
    assert trace.usual.request[-1].stage == "input"


def test_arp_does_not_pass_the_hooks() -> None:
    flow = Flow(FromHost(), 4, address("172.17.0.2"), "tcp", 22)
    listening = (Socket("tcp", 4, None, 22),)
    rules = guarded(host_namespace(), "", "DROP")
    inner = container_namespace(listening)
    assert walk_flow(network(rules, inner), flow).verdict == "delivered"

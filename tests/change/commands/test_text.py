import msgspec

from hairpin.change import change as c
from hairpin.change.calls import SetContainerState
from hairpin.change.commands.text import advice, all_shown
from hairpin.change.steps import entering, steps
from hairpin.host.link import Address, Link
from hairpin.host.route import Neighbour, PolicyRule
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Dialect, Family, Rule
from hairpin.network.world import World
from tests.rows import each_row
from tests.small_host import HOST_NETNS, WEB, container, engine, network, route, sibling

WEB_NETNS = sibling("container:web")
replace = msgspec.structs.replace
LINK = next(each for each in network().namespace(HOST_NETNS).links if each.name == "eth0")


def insert(dialect: Dialect, family: Family, table: str, position: int | None, text: str) -> c.InsertRule:
    return c.InsertRule(HOST_NETNS, dialect, family, table, "A", Rule((), text, 1), position)


def place(
    dialect: Dialect, text: str, *, table: str = "filter", family: Family = "ip", handle: int | None = None
) -> Place:
    return Place(dialect, family, table, "A", 3, text, handle)


FOUND = "iptables -S A | grep -qxF -- '-A A -j DROP'"
LISTED = "nft -s list chain inet t A | tr -d '\\t' | grep -qxF -- drop"

CASES: dict[str, tuple[c.Primitive, list[str]]] = {
    "sysctl": (c.SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "1"), ["sysctl -w net.ipv4.ip_forward=1"]),
    "sysctl of a name with a dot": (
        c.SetSysctl(HOST_NETNS, ("net", "ipv4", "conf", "eth0.5", "forwarding"), "1"),
        ["sysctl -w net.ipv4.conf.eth0/5.forwarding=1"],
    ),
    "in a container": (
        c.SetSysctl(WEB_NETNS, ("net", "ipv4", "ip_forward"), "1"),
        ["nsenter -t 42 -n sysctl -w net.ipv4.ip_forward=1"],
    ),
    "chain": (c.AddChain(HOST_NETNS, "iptables-nft", "ip", "nat", "NEW"), ["iptables -t nat -N NEW"]),
    "chain of IPv6": (c.AddChain(HOST_NETNS, "iptables-nft", "ip6", "nat", "NEW"), ["ip6tables -t nat -N NEW"]),
    "chain of legacy": (c.AddChain(HOST_NETNS, "iptables-legacy", "ip", "nat", "NEW"),
                        ["iptables-legacy -t nat -N NEW"]),
    "chain of nft": (c.AddChain(HOST_NETNS, "nft", "inet", "t", "new"), [
        "nft add table inet t", "nft add chain inet t new",
    ]),
    "first": (insert("iptables-nft", "ip", "filter", 1, "-A A -j DROP"), [f"{FOUND} || iptables -I A -j DROP"]),
    "third": (insert("iptables-nft", "ip", "filter", 3, "-A A -j DROP"), [f"{FOUND} || iptables -I A 3 -j DROP"]),
    "last": (insert("iptables-nft", "ip", "nat", None, "-A A -j DROP"), [
        f"{FOUND.replace('-S', '-t nat -S')} || iptables -t nat -A A -j DROP",
    ]),
    "nft first": (insert("nft", "inet", "t", 1, "drop"), [f"{LISTED} || nft insert rule inet t A drop"]),
    "nft third": (insert("nft", "inet", "t", 3, "drop"), [f"{LISTED} || nft add rule inet t A index 1 drop"]),
    "nft last": (insert("nft", "inet", "t", None, "drop"), [f"{LISTED} || nft add rule inet t A drop"]),
    "deletion": (c.DeleteRule(HOST_NETNS, place("iptables-nft", "-A A -j DROP")), ["iptables -D A -j DROP"]),
    "deletion from legacy nat": (
        c.DeleteRule(HOST_NETNS, place("iptables-legacy", "-A A -j DROP", table="nat")),
        ["iptables-legacy -t nat -D A -j DROP"],
    ),
    "deletion by handle": (
        c.DeleteRule(HOST_NETNS, place("nft", "drop", table="t", family="inet", handle=7)),
        ["nft delete rule inet t A handle 7"],
    ),
    "deletion from ebtables": (
        c.DeleteRule(HOST_NETNS, place("ebtables", "-A A -j DROP", family="bridge")), ["ebtables -t filter -D A 3"],
    ),
    "policy": (c.SetPolicy(HOST_NETNS, place("iptables-nft", ""), "accept"), ["iptables -P A ACCEPT"]),
    "policy of nft": (
        c.SetPolicy(HOST_NETNS, place("nft", "", table="t", family="inet"), "drop"),
        ["nft 'chain inet t A { policy drop; }'"],
    ),
    "address": (c.AddEntry(WEB_NETNS, Address("eth0", 4, WEB, 16)), [
        "nsenter -t 42 -n ip address add 172.17.0.2/16 dev eth0",
    ]),
    "route": (c.AddEntry(HOST_NETNS, route("10.0.0.0/8", "eth0", via="198.51.100.1")), [
        "ip route add 10.0.0.0/8 via 198.51.100.1 dev eth0",
    ]),
    "route of IPv6": (c.AddEntry(HOST_NETNS, route("fd00::/8", "eth0")), ["ip -6 route add fd00::/8 dev eth0"]),
    "route away": (
        c.DeleteEntry(HOST_NETNS, route("default", "eth0", table=100)), ["ip route del default dev eth0 table 100"],
    ),
    "policy rule away": (c.DeleteEntry(HOST_NETNS, PolicyRule(4, 100)), ["ip rule del priority 100"]),
    "policy rule of IPv6 away": (c.DeleteEntry(HOST_NETNS, PolicyRule(6, 100)), ["ip -6 rule del priority 100"]),
    "neighbour entry away": (
        c.DeleteEntry(WEB_NETNS, Neighbour("eth0", 4, WEB, 7, "PERMANENT")),
        ["nsenter -t 42 -n ip neigh del 172.17.0.2 dev eth0"],
    ),
    "link": (c.SetLink(HOST_NETNS, replace(LINK, up=not LINK.up)), ["ip link set eth0 down"]),
    "process": (c.ContinueProcess(HOST_NETNS.host, 7), ["kill -CONT 7"]),
    "a socket, for a person": (c.AddSocket(HOST_NETNS, Socket("tcp", 4, None, 80), message("listen")), []),
    "a namespace, which a container brings": (
        c.AddNamespace(HOST_NETNS.host, network().namespace(WEB_NETNS), Link(5, "veth1"), container()), [],
    ),
    "a container's status": (c.SetContainer(HOST_NETNS.host, container()), []),
    "the world outside": (c.ChangeWorld(World(), message("ask them")), []),
}  # fmt: skip


@each_row(("part", "expected"), CASES.values(), ids=CASES)
def test_commands(part: c.Primitive, expected: list[str]) -> None:
    assert list(all_shown(steps(c.Change((part,)), network()))) == expected


def test_a_change_with_a_call_has_no_other_commands() -> None:
    whole = c.Change(
        (c.SetSysctl(HOST_NETNS, ("a",), "1"), c.SetContainer(HOST_NETNS.host, container())),
        (SetContainerState("docker", "start", "web"),),
    )
    assert all_shown(steps(whole, network())) == ("docker start web",)


def test_parts_in_order() -> None:
    parts = (c.SetSysctl(HOST_NETNS, ("a",), "1"), c.SetSysctl(HOST_NETNS, ("b",), "2"))
    assert all_shown(steps(c.Change(parts), network())) == ("sysctl -w a=1", "sysctl -w b=2")


def test_advice_is_for_steps_without_a_command() -> None:
    parts = (
        c.AddSocket(HOST_NETNS, Socket("tcp", 4, None, 80), message("listen")),
        c.SetSysctl(HOST_NETNS, ("a",), "1"),
        c.ChangeWorld(World(), message("ask them")),
    )
    assert [str(each) for each in advice(steps(c.Change(parts), network()))] == ["listen", "ask them"]


def test_the_namespace_of_a_container_without_a_process_has_no_pid() -> None:
    stopped = network(docker=engine(msgspec.structs.replace(container(), pid=None)))
    assert entering(WEB_NETNS, stopped) == ("nsenter", "-n")
    assert entering(HOST_NETNS, stopped) == ()

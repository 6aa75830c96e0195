"""Containers are alike only if no packet tells one from the other: each member's own walk has its kind's verdict."""

from collections.abc import Callable, Hashable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hairpin.answer.begin import network_of
from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError, HairpinError
from hairpin.events.aftermath import asked_again
from hairpin.events.course import Course
from hairpin.events.engines._containers import with_containers_ended
from hairpin.events.happening import possible_events
from hairpin.evidence.file import read
from hairpin.host.docker import Container, PinnedName
from hairpin.host.host import Namespace
from hairpin.host.limit_state import LimitState, RecentAddress
from hairpin.host.route import Neighbour
from hairpin.host.socket import Socket
from hairpin.netfilter.ir import Element, NumberKey, Set
from hairpin.netfilter.packet import Connection, Tuple
from hairpin.network.flow import Flow
from hairpin.network.kinds.kinds import kinds_of
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.question.flows import flows_for
from hairpin.remedy.known_flows import known_flows
from hairpin.walk.verdicts import Verdict
from hairpin.walk.walk import walk_flow
from tests.many_hosts import COUNT, FIRST_PORT, address, flows_of_many, inside, many, rules_text
from tests.rows import each_row
from tests.small_host import HOST_NETNS
from tests.strategies import changes
from tests.whole import WHOLE, thinned

FIXTURES = Path(__file__).parents[2] / "fixtures"
RECORDED = sorted(
    each for folder in ("hosts", "healthy", "boots", "real") for each in FIXTURES.glob(f"{folder}/*.hairpin")
)
WEB3 = address_text(address(3), 4)


def of_host(**fields: object) -> Callable[[Network], Network]:
    """Return the change that replaces fields of the host's own namespace."""
    return lambda net: net.with_namespace(HOST_NETNS, replace(net.namespace(HOST_NETNS), **fields))


def with_more(field: str, *more: object) -> Callable[[Network], Network]:
    """Return the change that adds readings to the host's own namespace."""
    return lambda net: of_host(**{field: (*getattr(net.namespace(HOST_NETNS), field), *more)})(net)


def with_inside(number: int, changed: Namespace) -> Callable[[Network], Network]:
    """Return the change that replaces a container's namespace."""
    return lambda net: net.with_namespace(HOST_NETNS.sibling(f"container:web-{number}"), changed)


def with_set(net: Network) -> Network:
    """Return the host with a set of two containers, whose packets it drops."""
    held = Set("some", "hash:ip", tuple(Element((NumberKey(address(n), address(n)),)) for n in (2, 3)))
    rules = many(rules_text(forward="-A FORWARD -m set --match-set some src -j DROP")).namespace(HOST_NETNS).ruleset
    return of_host(ruleset=replace(rules, ipsets=(held,)))(net)


def ended(net: Network, *, odd: int | None = None) -> Network:
    """Return the host after its containers have ended.  Only their /etc/hosts have their former addresses.  The
    container ``odd`` has a line about another container, too."""
    (described,) = net.this.engines
    written = tuple(
        replace(each, hosts_entries=tuple(PinnedName(each.id[:12], 4, address(n)) for n in lines))
        for number, each in enumerate(described.containers)
        for lines in ((number, 5) if number == odd else (number,),)
    )
    host = replace(net.this, engines=(replace(described, containers=written),))
    return with_containers_ended(Course(Network((host,)), host.name), written).network


def left_unread(net: Network, read: str = "container:web-0") -> Network:
    """Return the network as a question reads it that needs the namespace ``read`` and no other of a container."""
    hosts = tuple(
        replace(
            host,
            namespaces=tuple(each for each in host.namespaces if each.name in (host.netns.name, read)),
            engines=tuple(
                replace(each, containers=tuple(map(_left(host.netns.name, read), each.containers)))
                for each in host.engines
            ),
        )
        for host in net.hosts
    )
    return replace(net, hosts=hosts)


def pasted(net: Network, *, same: int = 0) -> Network:
    """Return the host as a pasted text shows it: ``ip addr`` prints the id of each veth's other namespace, and nothing
    lists these ids.  The first ``same`` veths have one id, which no kernel prints."""
    own = net.namespace(HOST_NETNS)
    veths = [each.name for each in own.links if each.kind == "veth"]
    links = tuple(
        replace(each, peer_netnsid=max(same - 1, veths.index(each.name))) if each.name in veths else each
        for each in own.links
    )
    return of_host(links=links, netnsids=())(net)


def _left(of_host: str, read: str) -> Callable[[Container], Container]:
    return lambda each: (
        each if each.netns in (None, of_host, read) else replace(each, netns=None, left_unread=each.netns)
    )


def connection(number: int, sport: int) -> Connection:
    """Return a datagram's entry that leads the container's clients elsewhere."""
    asked = Tuple(0xC6336407, 0xC633640B, 17, sport, FIRST_PORT + number)
    return Connection(4, asked, replace(asked.reversed(), saddr=address(number)), live=True)


def same(net: Network) -> Network:
    """Return the network."""
    return net


def ruled(text: str, *, chain: str = "forward") -> Callable[[Network], Network]:
    """Return the change to a host with the rule first in one of its chains."""
    texts = {**dict.fromkeys(("nat", "forward", "docker", "raw"), ""), chain: text}
    return lambda _: many(
        rules_text(nat=texts["nat"], forward=texts["forward"], docker=texts["docker"], raw=texts["raw"])
    )


def with_rule_between(_: Network) -> Network:
    """Return the host with a rule before those of the containers from 4 on."""
    led = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 20004"
    return many(rules_text().replace(led, f"-A DOCKER -p udp -j RETURN\n{led}"))


DROPPED_EARLY = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 20002:20004 -j DROP\nCOMMIT"
ASKS_ANOTHER = replace(inside(2), neighbours=(Neighbour("eth0", 4, address(5), None, "FAILED"),))
SEEN = LimitState((RecentAddress("r", 4, address(1), (1,)),))
# What is done to the host, and the numbers of the containers that are still alike.
ALIKE: dict[str, tuple[Callable[[Network], Network], tuple[tuple[int, ...], ...]]] = {
    "nothing odd": (same, (tuple(range(8)),)),
    "a rule of its own": (ruled(f"-A FORWARD -d {WEB3}/32 -j DROP"), ((0, 1, 2, 4, 5, 6, 7),)),
    "a prefix whose edge lies between them": (
        ruled("-A FORWARD -d 172.17.0.4/30 -j DROP"), ((0, 1), (2, 3, 4, 5), (6, 7))),
    "a range of addresses": (
        ruled("-A FORWARD -m iprange --dst-range 172.17.0.3-172.17.0.4 -j DROP"), ((1, 2), (3, 4, 5, 6, 7))),
    "a port inside of a range": (ruled(DROPPED_EARLY, chain="raw"), ((0, 1), (2, 3, 4), (5, 6, 7))),
    "a negated match": (ruled(f"-A FORWARD -i eth0 ! -d {WEB3}/32 -j DROP"), ((0, 1, 2, 4, 5, 6, 7),)),
    "a mask that is no prefix": (ruled("-A FORWARD -d 0.0.0.1/0.0.0.1 -j DROP"), ((0, 2, 4, 6), (1, 3, 5, 7))),
    "a set of two": (with_set, ((0, 1, 4, 5, 6, 7),)),
    "two containers in one rule": (
        ruled(f"-A DOCKER -s {WEB3}/32 -d 172.17.0.6/32 -j DROP", chain="docker"), ((0, 1, 2, 5, 6, 7),)),
    "a mapping of a prefix": (ruled("-A DOCKER -d 203.0.113.0/24 -j NETMAP --to 172.17.0.0/24", chain="nat"), ()),
    "a range to choose from": (
        ruled("-A DOCKER -d 203.0.113.9/32 -j DNAT --to-destination 172.17.0.2-172.17.0.5", chain="nat"), ()),
    "a rule between those of two containers": (with_rule_between, ((0, 1, 2, 3), (4, 5, 6, 7))),
    "another service": (with_inside(2, inside(2, 81)), ((0, 1, 3, 4, 5, 6, 7),)),
    "a neighbour in another container": (with_inside(2, ASKS_ANOTHER), ((0, 1, 3, 4, 6, 7),)),
    "a port that a program of the host has, too": (
        with_more("sockets", Socket("tcp", 4, 0x7F000001, 20006, process="sshd")), ((0, 1, 2, 3, 4, 5, 7),)),
    "entries of one container's clients": (with_more("connections", connection(1, 5000)), ((0, 2, 3, 4, 5, 6, 7),)),
    "ended, with their former addresses": (ended, (tuple(range(8)),)),
    "ended, one with another's former address": (lambda net: ended(net, odd=2), ((0, 1, 3, 4, 5, 6, 7),)),
    "a list of addresses seen": (of_host(limits=SEEN), ()),
    "pasted, without a list of the namespaces' ids": (pasted, (tuple(range(8)),)),
    "pasted, with one id for two namespaces": (lambda net: pasted(net, same=2), ((0, 1), (2, 3, 4, 5, 6, 7))),
    "left unread": (left_unread, ((1, 2, 3, 4, 5, 6, 7),)),
    "left unread, with a rule for one": (
        lambda net: left_unread(ruled(f"-A FORWARD -d {WEB3}/32 -j DROP")(net)), ((1, 2, 4, 5, 6, 7),)),
    "left unread, with one's neighbour entry": (
        lambda net: left_unread(with_more("neighbours", Neighbour("docker0", 4, address(2), None, "FAILED"))(net)),
        ((1, 3, 4, 5, 6, 7),)),
    "left unread, with a rule for one's link": (
        lambda net: left_unread(ruled("-A FORWARD -i veth5a -j DROP")(net)), ((1, 2, 3, 4, 6, 7),)),
}  # fmt: skip


def kinds(net: Network) -> tuple[tuple[int, ...], ...]:
    """Return the numbers of the containers of each kind."""
    found: dict[int, list[int]] = {}
    for number, (kind, _) in kinds_of(net).members.items():
        found.setdefault(kind, []).append(number)
    return tuple(sorted(map(tuple, found.values())))


def verdicts(net: Network, flows: tuple[Flow, ...]) -> dict[Hashable, set[Verdict]]:
    """Return the verdicts of the own walks of all flows that are alike."""
    found: dict[Hashable, set[Verdict]] = {}
    for flow in flows:
        kind = kinds_of(net).of_flow(flow, net.this.name)
        if kind is not None:
            found.setdefault(kind, set()).add(walk_flow(net, flow).verdict)
    return found


@each_row(("change", "expected"), ALIKE.values(), ids=ALIKE)
def test_containers_are_alike_unless_something_tells_them_apart(
    change: Callable[[Network], Network], expected: tuple[tuple[int, ...], ...]
) -> None:
    net = change(many())
    assert kinds(net) == expected
    assert [each for each in verdicts(net, flows_of_many()).values() if len(each) > 1] == []


def test_the_verdicts_are_not_all_the_same() -> None:
    """Else the law would say little: rules and services make flows of other containers fail."""
    dropped = many(rules_text(forward="-A FORWARD -d 172.17.0.4/30 -j DROP"))
    assert len({walk_flow(dropped, each).verdict for each in flows_of_many()}) > 1


def test_flows_of_alike_containers_are_few_kinds_of_flows() -> None:
    net = many(count=COUNT)
    found = {kinds_of(net).of_flow(each, net.this.name) for each in flows_of_many()}
    assert len(found) < len(flows_of_many()) / 3


@WHOLE
@given(st.lists(changes(HOST_NETNS, many().namespace(HOST_NETNS)), min_size=1, max_size=3))
@settings(max_examples=20, deadline=None)
def test_after_any_change_each_member_walks_as_its_kind(made: list[Change]) -> None:
    net = many()
    for change in made:
        try:
            net = simulate(change, net)
        except ChangeError:
            continue
    assert [each for each in verdicts(net, flows_of_many()).values() if len(each) > 1] == []


def recorded(path: Path) -> Iterator[tuple[str, Network, tuple[Flow, ...]]]:
    """Yield the network and its flows, as it is and after each event."""
    net = network_of((read(path),))
    try:
        flows = (*flows_for(net, (), None), *(each.flow for each in known_flows(net)))
    except HairpinError:
        return
    yield "now", net, flows
    for container in net.this.containers():
        if container.netns is not None:
            yield container.name, left_unread(net, container.netns), flows
    for host in net.hosts:
        for event, course in possible_events(net, host.name):
            if not course.missing:
                yield event.id, course.network, tuple(asked_again(net, course.network, each) for each in flows)


@pytest.mark.parametrize("path", thinned(RECORDED, 24), ids=lambda each: each.stem)
def test_each_member_of_a_recorded_host_walks_as_its_kind(path: Path) -> None:
    for event, net, flows in recorded(path):
        assert (event, [each for each in verdicts(net, flows).values() if len(each) > 1]) == (event, [])

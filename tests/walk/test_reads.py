"""A flow is walked again only where something has changed that its walk has read, and the answer is the same."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from hairpin.answer.begin import network_of
from hairpin.change.change import Change, SetSysctl
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError, HairpinError
from hairpin.events.course import Course
from hairpin.events.fates import fates_of_open
from hairpin.events.happening import possible_events
from hairpin.evidence.file import read
from hairpin.network.flow import Flow, FromHost, Lan
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from hairpin.question.flows import flows_for
from hairpin.walk.alike import TraceTakenOver
from hairpin.walk.reads import parts_changed, walked_after, walked_before, what_reads
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked
from tests.many_hosts import COUNT as MANY
from tests.many_hosts import flows_of_many, many
from tests.small_host import (
    HOST_NETNS,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    network,
    published,
)
from tests.strategies import changes
from tests.whole import WHOLE, thinned

FLOWS = (published(), published(Lan(parse_address("198.51.100.7")[1])), published(FromHost(), "127.0.0.1"), egress())
NET = network(host_namespace(values={"conf__eth0__forwarding": "1", "conf__all__rp_filter": "0", "ip_forward": "1"}))
ALWAYS = msgspec.structs.replace(container(), restart_policy="always")
HOSTS = sorted((Path(__file__).parents[1] / "fixtures" / "hosts").glob("*.hairpin"))[::9]


def parts(within: Network, flow: Flow) -> frozenset[tuple[str, ...]]:
    """Return what the flow's walk reads."""
    return what_reads(within, lambda watched: walk_flow(watched, flow))[1]


def with_sysctl(value: str, *path: str) -> Network:
    """Return the host with this value there."""
    return simulate(Change((SetSysctl(HOST_NETNS, path, value),)), network())


def test_a_watched_walk_is_the_same_walk() -> None:
    within = network()
    for flow in FLOWS:
        assert walked_before(within, flow) == walk_flow(network(), flow)


def test_a_walk_reads_each_time_what_it_has_read_the_first_time() -> None:
    within = network()
    assert [parts(within, each) for each in FLOWS] == [parts(network(), each) for each in FLOWS]
    assert [parts(within, each) for each in FLOWS] == [parts(within, each) for each in FLOWS]


def test_what_a_walk_has_not_read_spares_the_next_one() -> None:
    within = network()
    trace = walked_before(within, published())
    unread = with_sysctl("1", "net", "ipv4", "conf", "all", "log_martians")
    assert parts_changed(within, unread)
    assert walked_after(within, unread, published()) is trace
    closed = with_sysctl("0", "net", "ipv4", "conf", "eth0", "forwarding")
    assert walked_after(within, closed, published()).verdict == "dropped"


@WHOLE
def test_a_flow_that_is_alike_another_one_reads_the_same_parts_of_its_own_containers() -> None:
    within, taken = many(), 0
    for flow in flows_of_many():
        trace = walked_before(within, flow)
        taken += isinstance(trace, TraceTakenOver)
        for field in ("sockets", "routes", "links", "addresses"):
            for number in range(MANY):
                space = f"container:web-{number}"
                one = msgspec.structs.replace(within.namespace(HOST_NETNS.sibling(space)), **{field: ()})
                then = within.with_namespace(HOST_NETNS.sibling(space), one)
                reads = ("test", space, field) in parts(within, flow)
                assert (walked_after(within, then, flow) is trace) is not reads, (flow, space, field)
    assert taken > 20


def test_flows_that_were_walked_before_their_reads_were_asked_have_their_reads_too() -> None:
    """The flow whose verdict others take over is its own alike flow."""
    within = many()
    traces = [walked(within, flow) for flow in flows_of_many()]
    assert [walked_after(within, within, each.flow) for each in traces] == traces


def test_a_socket_of_the_host_is_read_by_those_who_ask_the_host_alone() -> None:
    assert ("", "host", "sockets") not in {("", *each[1:]) for each in parts(network(), published())}
    assert ("", "host", "sockets") in {("", *each[1:]) for each in parts(network(), published(FromHost(), "127.0.0.1"))}


def test_nothing_is_different_from_an_equal_network() -> None:
    assert parts_changed(network(), network()) == frozenset()
    gone = network().with_host(msgspec.structs.replace(network().this, namespaces=network().this.namespaces[:1]))
    assert {each[1:] for each in parts_changed(network(), gone)} >= {("container:web", "there"), ("", "namespaces")}


@given(changes(HOST_NETNS, NET.namespace(HOST_NETNS)))
@settings(max_examples=50, deadline=None)
def test_after_any_change_the_answer_is_that_of_a_new_walk(change: Change) -> None:
    try:
        then = simulate(change, NET)
    except ChangeError:
        return
    for flow in FLOWS:
        assert walked_after(NET, then, flow).verdict == walk_flow(then, flow).verdict


def cases() -> Iterator[Network]:
    """Yield networks, and recorded hosts."""
    yield network()
    yield network(docker=engine(ALWAYS))
    yield network(inner=container_namespace(default=False))
    for path in HOSTS:
        yield network_of((read(path),))


@pytest.mark.parametrize("within", thinned(cases(), 4), ids=lambda each: each.this.name)
def test_after_any_event_the_answer_is_that_of_a_new_walk(within: Network) -> None:
    try:
        flows = flows_for(within, (), None)
    except HairpinError:
        flows = FLOWS
    passing = tuple(each for each in flows if walk_flow(within, each).succeeds)
    events = [(event.id, course) for event, course in possible_events(within, within.this.name)]
    for _, course in events:
        then = course.network
        assert [walked_after(within, then, each).verdict for each in flows] == [
            walk_flow(then, each).verdict for each in flows
        ]
    for name, course in events:
        assert (name, fates(within, course, passing)) == (name, fates(within, course, passing, anew=True))


def fates(within: Network, course: Course, flows: tuple[Flow, ...], *, anew: bool = False) -> list[str]:
    """Return what becomes of the flows' open connections."""
    return list(fates_of_open(within, msgspec.structs.replace(course, conditions=()), flows, anew=anew))

"""A flow that is alike one walked before takes its verdict over, and has the trace of its own walk."""

import pickle

from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.alike import TraceTakenOver, walked_alike
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked
from tests.many_hosts import flows_of_many, many


def test_a_trace_taken_over_is_that_of_the_own_walk() -> None:
    net, taken = many(), 0
    for flow in flows_of_many():
        trace = walked_alike(net, flow)
        taken += isinstance(trace, TraceTakenOver)
        assert trace == walk_flow(net, flow)
        assert walk_flow(net, flow) == trace
        assert (trace.usual, trace.succeeds) == (walk_flow(net, flow).usual, walk_flow(net, flow).succeeds)
    assert taken > 20


def own_walks(net: Network, flows: tuple[Flow, ...]) -> int:
    """Return how many of the flows were walked themselves."""
    return sum(not isinstance(walked(net, each), TraceTakenOver) for each in flows)


def test_the_number_of_walks_grows_with_the_kinds_not_with_the_containers() -> None:
    counts = [own_walks(many(count=each), flows_of_many(each)) - each // 16 for each in (20, 40, 80)]
    assert counts[0] == counts[1] == counts[2] < 40  # a sixteenth is walked before kinds are looked for


def test_branches_are_walked_once_and_only_when_they_are_read() -> None:
    net, flows = many(), flows_of_many()
    taken = next(each for flow in flows if isinstance(each := walked(net, flow), TraceTakenOver))
    assert (taken.verdict, vars(taken)) == (taken.like.verdict, {})
    branches = taken.branches
    assert len(vars(taken)) == 1
    assert taken.branches is branches


def test_with_few_walks_nobody_looks_for_kinds() -> None:
    assert own_walks(many(), flows_of_many()[:8]) == 8


def test_another_process_gets_the_whole_trace() -> None:
    net = many()
    taken = [each for flow in flows_of_many() if isinstance(each := walked(net, flow), TraceTakenOver)]
    assert pickle.loads(pickle.dumps(taken[0])) == taken[0]  # noqa: S301 - this process wrote it

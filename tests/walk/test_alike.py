"""A flow that is alike one walked before takes its verdict over, and has the trace of its own walk."""

import pickle

import pytest

from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk import alike
from hairpin.walk.alike import TraceTakenOver, walked_alike
from hairpin.walk.trace import Trace
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked
from tests.many_hosts import flows_of_many, many


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[Flow]:
    """Return the flows that were walked themselves."""
    found: list[Flow] = []

    def counted(network: Network, flow: Flow) -> Trace:
        found.append(flow)
        return walk_flow(network, flow)

    monkeypatch.setattr(alike, "walk_flow", counted)
    return found


def test_a_trace_taken_over_is_that_of_the_own_walk() -> None:
    net, taken = many(), 0
    for flow in flows_of_many():
        trace = walked_alike(net, flow)
        taken += isinstance(trace, TraceTakenOver)
        assert trace == walk_flow(net, flow)
        assert walk_flow(net, flow) == trace
        assert (trace.usual, trace.succeeds) == (walk_flow(net, flow).usual, walk_flow(net, flow).succeeds)
    assert taken > 20


def test_the_number_of_walks_grows_with_the_kinds_not_with_the_containers(walks: list[Flow]) -> None:
    counts: list[int] = []
    for containers in (20, 40, 80):
        walks.clear()
        net, flows = many(count=containers), flows_of_many(containers)
        assert all(walked(net, each).verdict for each in flows)
        counts.append(len(walks) - containers // 16)  # walked before kinds are looked for
    assert counts[0] == counts[1] == counts[2] < 40


def test_branches_are_walked_once_and_only_when_they_are_read(walks: list[Flow]) -> None:
    net, flows = many(), flows_of_many()
    taken = [each for flow in flows if isinstance(each := walked(net, flow), TraceTakenOver)]
    walks.clear()
    assert {each.verdict for each in taken}
    assert walks == []
    assert (taken[0].branches, taken[0].usual) == (taken[0].branches, taken[0].branches[0])
    assert walks == [taken[0].flow]


def test_with_few_walks_nobody_looks_for_kinds(walks: list[Flow]) -> None:
    net = many()
    assert [type(walked(net, each)) for each in flows_of_many()[:8]] == [Trace] * 8
    assert len(walks) == 8


def test_another_process_gets_the_whole_trace() -> None:
    net = many()
    taken = [each for flow in flows_of_many() if isinstance(each := walked(net, flow), TraceTakenOver)]
    assert pickle.loads(pickle.dumps(taken[0])) == taken[0]  # noqa: S301 - this process wrote it

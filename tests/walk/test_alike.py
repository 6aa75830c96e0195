"""A flow that is alike one walked before takes its verdict over, and has the trace of its own walk."""

import pickle

from hairpin.answer.questions import questions_of
from hairpin.beside.flows.inward_only import own_flows_left_out
from hairpin.beside.notes.remarks import remarks
from hairpin.diagnose.diagnose import is_refused
from hairpin.diagnose.examination import examine
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.walk.alike import TraceTakenOver, own_name, walked_alike
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked
from tests.many_hosts import flows_of_many, many, rules_text


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
    """There are eight kinds.  A sixteenth of the containers, and four more, is walked before kinds are looked for."""
    counts = {each: own_walks(many(count=each), flows_of_many(each)) for each in (20, 40, 80, 160)}
    assert counts == {each: max(8, 4 + each // 16) for each in counts}


def test_branches_are_walked_once_and_only_when_they_are_read() -> None:
    net, flows = many(), flows_of_many()
    taken = next(each for flow in flows if isinstance(each := walked(net, flow), TraceTakenOver))
    assert (taken.verdict, vars(taken)) == (taken.like.verdict, {})
    branches = taken.branches
    assert len(vars(taken)) == 1
    assert taken.branches is branches


def test_what_is_told_of_a_flow_that_passes_reads_no_branches() -> None:
    """The examination, the remarks and the questions of an answer read the alike flow, which was walked."""
    net, flows = many(), flows_of_many()
    traces = tuple(each.trace for each in examine(net, flows).diagnoses)
    assert own_flows_left_out(net, flows) == ()
    remarks(net, traces)
    questions_of(net, tuple((str(number), each) for number, each in enumerate(traces)))
    passing = [each for each in traces if isinstance(each, TraceTakenOver) and each.succeeds]
    assert len(passing) > 20
    assert not any(map(vars, passing))


def test_a_flow_has_its_own_names_for_what_the_alike_flow_met() -> None:
    net, flows = many(), flows_of_many()
    taken = [each for flow in flows if isinstance(each := walked(net, flow), TraceTakenOver)]
    for trace in taken:
        own, met = walk_flow(net, trace.flow).usual, trace.like.usual
        places = [(step.netns.name, step.link) for step in own.steps]
        assert [(own_name(trace, step.netns.name), own_name(trace, step.link)) for step in met.steps] == places


def test_a_refusal_is_told_by_the_alike_flow() -> None:
    net = many(rules_text(forward="-A FORWARD -i eth0 -j DROP"))
    refused = [each for flow in flows_of_many() if not (each := walked(net, flow)).succeeds]
    taken = [each for each in refused if isinstance(each, TraceTakenOver)]
    assert taken
    assert all(map(is_refused, taken))
    assert not any(map(vars, taken))
    assert all(is_refused(walk_flow(net, each.flow)) for each in taken)


def test_with_few_walks_nobody_looks_for_kinds() -> None:
    assert own_walks(many(), flows_of_many()[:4]) == 4


def test_another_process_gets_the_whole_trace() -> None:
    net = many()
    taken = [each for flow in flows_of_many() if isinstance(each := walked(net, flow), TraceTakenOver)]
    assert pickle.loads(pickle.dumps(taken[0])) == taken[0]  # noqa: S301 - this process wrote it

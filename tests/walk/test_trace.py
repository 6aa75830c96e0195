"""What a trace says of its branches."""

from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.network.flow import Flow, FromHost
from hairpin.walk.trace import Branch, Trace, only_under_load

FLOW = Flow(FromHost(), 4, 0x7F000001, "tcp", 80)
READ = Condition(message("the set has the address"), holds=False)
RATE = Condition(message("the rate is exceeded"), holds=True, usual=False, load=True)


def test_a_branch_beyond_a_rate_is_taken_under_load_only() -> None:
    assert only_under_load(Branch("dropped", (), conditions=(READ, RATE)))
    assert not only_under_load(Branch("dropped", (), conditions=(READ,)))


def test_an_undecided_trace_says_each_condition_once() -> None:
    branches = (Branch("delivered", (), conditions=(READ,)), Branch("dropped", (), conditions=(READ, RATE)))
    assert [each.said for each in Trace(FLOW, "depends", branches).conditions] == [READ.said]
    assert Trace(FLOW, "delivered", branches).conditions == ()


def test_a_trace_succeeds_by_its_verdict() -> None:
    ways = (Branch("leaves", ()), Branch("dropped", ()))
    assert [Trace(FLOW, verdict, ways).succeeds for verdict in ("leaves", "dropped")] == [True, False]
    assert Trace(FLOW, "depends", ways).usual == ways[0]


BOUND = Condition(message("a limit"), holds=True, usual=False, load=True, bound=message("few packets come"))
SHAPED = Condition(message("eth0 has tbf"), holds=True, load=True, bound=message("eth0 sends at most 1mbit"))


def test_a_flow_passes_below_the_limits_that_stop_it_above() -> None:
    """A limit above which the flow passes all the same is none, and a flow that fails has none."""
    usual, above, passing = (
        Branch("delivered", ()), Branch("dropped", (), conditions=(BOUND,)), Branch("leaves", (), conditions=(BOUND,)),
    )  # fmt: skip
    assert [str(each.below) for each in Trace(FLOW, "delivered", (usual, above)).bounds] == [
        "as long as few packets come: a limit"
    ]
    assert Trace(FLOW, "delivered", (usual, passing)).bounds == ()
    assert Trace(FLOW, "dropped", (above,)).bounds == ()
    assert Trace(FLOW, "delivered", (Branch("delivered", (), conditions=(SHAPED,)),)).bounds == (SHAPED,)

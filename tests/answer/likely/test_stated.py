"""A stated outcome is about flows, and fits some verdicts of their walks."""

import pytest

from hairpin.answer.likely.stated import FITTING, failures_of
from tests.answer.likely.test_likely import TIMED_OUT, answer
from tests.suppose.test_ordinary import ADDRESSES, RUN

OFF = "$ sysctl -a\nnet.ipv4.conf.all.forwarding = 1\nnet.ipv4.conf.ens3.forwarding = 0\n"


@pytest.mark.parametrize(
    ("said", "stated"),
    (
        (TIMED_OUT, True),
        (TIMED_OUT.replace("8080", "9090"), False),
        (TIMED_OUT.replace("(28)", "(7)").replace("Connection timed out", "Connection refused"), False),
        ("From another machine the port times out.\n", True),
        ("", False),
    ),
)
def test_a_failure_is_stated_of_its_own_flow_and_kind(said: str, stated: bool) -> None:
    found = answer(RUN, ADDRESSES, OFF, said, targets=("8080",))
    asked = tuple(each.trace.flow for each in found.flows)
    assert found.flows[0].trace.verdict == "dropped"
    assert bool(failures_of(found.network, found.flows[0].trace, asked)) == stated


def test_each_failure_has_verdicts() -> None:
    assert all(FITTING.values())
    assert "delivered" not in frozenset().union(*(FITTING[each] for each in FITTING if each != "answered"))

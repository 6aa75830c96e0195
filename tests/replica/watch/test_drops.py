"""Which of the kernel's reasons may be those of the flow's own packet."""

import pytest

from hairpin.replica.watch.drops import may_be_the_flows

CASES = {
    "none": ((), False),
    "a flood without a port": (("NO_TX_TARGET",), False),
    "a rule": (("NETFILTER_DROP",), True),
    "a rule, and a flood": (("NO_TX_TARGET", "NETFILTER_DROP"), True),
}


@pytest.mark.parametrize(("reasons", "expected"), CASES.values(), ids=CASES)
def test_a_flood_is_not_the_flows_packet(reasons: tuple[str, ...], expected: bool) -> None:
    assert may_be_the_flows(reasons) is expected

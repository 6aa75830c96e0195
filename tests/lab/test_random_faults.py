"""Random sets of faults: the same for the same seed, every kind as often as any other, only on labs that fit."""

from collections import Counter
from itertools import islice

from hairpin.lab.random_faults import MOST_FAULTS, PLAIN, draws, kinds
from hairpin.lab.scenario import scenarios_of_one_host


def test_each_kind_comes_as_often_as_any_other() -> None:
    count = Counter(fault.name for draw in islice(draws(1), 300) for fault in draw.faults)
    assert set(count) == {kind.name for kind in kinds()}
    assert max(count.values()) - min(count.values()) <= 2


def test_no_fault_of_a_scenario_is_left_out() -> None:
    faults = {fault.run for scenario in scenarios_of_one_host() for fault in scenario.fault}
    assert {kind.fault[0].run for kind in kinds()} == faults


def test_a_draw_is_repeated_by_its_seed_and_number() -> None:
    first = tuple(islice(draws(7), 20))
    assert first == tuple(islice(draws(7), 20))
    assert first != tuple(islice(draws(8), 20))
    assert first[4].again.endswith("--random 1 --seed 7 --first 5")


def test_faults_are_put_together_where_their_labs_agree() -> None:
    sizes = Counter(len(draw.faults) for draw in islice(draws(3), 300))
    assert set(sizes) == {0, 1, 2, MOST_FAULTS}
    for draw in islice(draws(3), 300):
        assert {fault.lab for fault in draw.faults} <= {draw.plan, PLAIN}
        assert (draw.healthy is None) == bool(draw.faults)
        if len(draw.faults) > 1:
            assert PLAIN.containers[0] in draw.plan.containers or len({fault.lab for fault in draw.faults}) == 1

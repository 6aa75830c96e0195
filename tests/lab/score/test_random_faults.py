"""Random sets of faults: the same for the same seed, every kind as often as any other, only on labs that fit."""

from collections import Counter
from itertools import islice

import pytest

from hairpin.errors import LabError
from hairpin.lab.scenario import Scenario, named, scenarios_of_one_host
from tests.score.random_faults import MOST_FAULTS, PAIRS, PLAIN, draws, kinds, of_names, together


def test_each_kind_comes_as_often_as_any_other() -> None:
    count = Counter(fault.name for draw in islice(draws(1), 300) for fault in draw.faults)
    assert set(count) == {kind.name for kind in kinds()}
    assert max(count.values()) - min(count.values()) <= 2


def test_no_fault_of_a_scenario_is_left_out() -> None:
    faults = {fault.run for scenario in scenarios_of_one_host() for fault in scenario.fault}
    assert {step.run for kind in kinds() for step in kind.fault} == faults


def test_the_same_seed_draws_the_same() -> None:
    first = tuple(islice(draws(7), 20))
    assert first == tuple(islice(draws(7), 20))
    assert first != tuple(islice(draws(8), 20))


def test_faults_are_put_together_where_their_labs_agree() -> None:
    sizes = Counter(len(draw.faults) for draw in islice(draws(3), 300))
    assert set(sizes) == {0, 1, 2, MOST_FAULTS}
    for draw in islice(draws(3), 300):
        assert {fault.lab for fault in draw.faults} <= {draw.plan, PLAIN}
        assert (draw.healthy is None) == bool(draw.faults)
        if len(draw.faults) > 1:
            assert PLAIN.containers[0] in draw.plan.containers or len({fault.lab for fault in draw.faults}) == 1


def test_pairs_are_of_two_where_a_kind_has_another_that_fits() -> None:
    drawn = tuple(islice(draws(3, PAIRS), 100))
    assert {len(draw.faults) for draw in drawn} == {1, 2}
    for draw in drawn:
        assert (len(draw.faults) == 1) == fits_no_other(draw.faults[0])


def fits_no_other(one: Scenario) -> bool:
    return all(together((one, other)) is None for other in kinds() if other != one)


def test_a_draw_is_repeated_by_its_words() -> None:
    for draw in islice(draws(3), 30):
        again = of_names(tuple(draw.name.split(" + ")))
        assert (again.name, again.plan) == (draw.name, draw.plan)


def test_faults_of_different_labs_do_not_go_together() -> None:
    one, other = named("ip-forward-off.udp"), named("rp-filter-strict")
    assert together((one, other)) is None
    with pytest.raises(LabError, match="do not go together"):
        of_names((one.name, other.name))
    with pytest.raises(LabError, match="there is no fault 'x'"):
        of_names(("x", one.name))

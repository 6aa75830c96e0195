"""The law of a proof on recorded hosts, and on a slice of double changes that is the same each time.
``python -m tests.hunt.proofs`` draws fresh ones."""

from itertools import islice

import pytest

from tests.hunt.bases import asked
from tests.hunt.proofs.cases import broken_flows, double_of, every_recorded
from tests.hunt.proofs.law import answered, broken
from tests.hunt.proofs.pairs import pair_of, pairs
from tests.whole import thinned

SEED, CASES = 1000, 4
TWO_FAULTS_OF_ONE_OPTION = "pairs/iptables-false-under-firewalld.hairpin"
"""dockerd with ``iptables=false`` beside firewalld: a zone closes the published port, and nothing masquerades."""


@pytest.mark.parametrize("name", thinned(every_recorded(), 80))
def test_the_printed_repairs_of_a_recorded_host_give_what_its_proofs_say(name: str) -> None:
    network, flows = asked(name)
    assert network is not None
    assert broken(network, flows) == ()


def test_two_faults_of_one_option_have_a_repair_each() -> None:
    network, flows = asked(TWO_FAULTS_OF_ONE_OPTION)
    assert network is not None
    answer, _ = answered(network, flows)
    assert broken(network, flows) == ()
    of_option = [each for each in answer.causes if each.id == "docker-daemon-iptables-false"]
    commands = [" ".join(each.remedies[0].commands) for each in of_option]
    assert ["--add-port=8080/tcp" in each for each in commands] == [True, False]
    assert ["MASQUERADE" in each for each in commands] == [False, True]
    (zone,) = (each for each in answer.causes if each.id == "firewalld-bridge-in-wrong-zone")
    assert set(zone.together) == {zone.ref, of_option[1].ref}


def test_the_law_holds_of_a_slice_of_pairs_of_the_catalogues_faults() -> None:
    found = [pair for each in islice(pairs(SEED), CASES) if (pair := pair_of(*each)) is not None]
    assert len(found) > CASES // 2
    assert [(pair.name, *map(str, bad)) for pair in found if (bad := broken(pair.network, pair.flows))] == []


def test_the_law_holds_of_a_slice_of_double_changes() -> None:
    cases = [case for number in range(SEED, SEED + CASES) if (case := double_of(number)) is not None]
    asked_flows = [broken_flows(case) for case in cases]
    assert sum(bool(flows) for _, flows in asked_flows) > CASES // 4
    assert [found for network, flows in asked_flows if flows for found in broken(network, flows)] == []


@pytest.mark.parametrize(
    "number",
    (
        pytest.param(8084, id="the first repair brings the link of the second one's route up"),
        pytest.param(8674, id="the plan leaves out the repairs above its own"),
    ),
)
def test_the_law_holds_where_it_was_broken_once(number: int) -> None:
    case = double_of(number)
    assert case is not None
    network, flows = broken_flows(case)
    assert flows
    assert broken(network, flows) == ()

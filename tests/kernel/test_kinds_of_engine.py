"""Containers that a real engine made alike are alike to hairpin: each new reading can tell them apart by mistake, and
then every question about many containers walks each container by itself."""

from collections import Counter

from hairpin.answer.ask import network_of
from hairpin.collect.run import LocalRunner, collect
from hairpin.lab.build import running_lab
from hairpin.lab.plan import LabPlan
from hairpin.lab.this_hairpin import environment
from hairpin.network.kinds.kinds import kinds_of

_FILLERS = 4


def test_containers_that_an_engine_made_alike_are_of_one_kind() -> None:
    with running_lab(LabPlan(fillers=_FILLERS)) as lab:
        host = LocalRunner((*lab.host.enter, "sh"), tuple(environment().items()))
        kinds = kinds_of(network_of((collect(host),)))
    assert _FILLERS in Counter(number for number, _ in kinds.members.values()).values()

"""All flows of a host: what is open and closed on a healthy one, and how two states of them differ."""

from collections.abc import Callable

from hairpin.lab.build import Lab
from hairpin.lab.plan import LabPlan
from hairpin.lab.probe import Outcome
from tests.score.all_flows import UNPUBLISHED, Way, all_ways, broken, opened, settled_all, try_all

OPEN, SHUT, LOST = Outcome.DELIVERED, Outcome.TIMEOUT, Outcome.REFUSED
ONE = Way("client", "198.51.100.11", "8151")


def test_of_a_healthy_host_only_the_unpublished_port_of_the_container_is_closed(
    lab_host: Callable[[LabPlan], Lab],
) -> None:
    lab = lab_host(LabPlan())
    ways = all_ways(lab, LabPlan())
    found = settled_all(lab, dict.fromkeys(ways, OPEN), patience_s=1)
    assert ONE in found
    shut = [way for way, outcome in found.items() if outcome is not OPEN]
    assert [(way.start, way.to, way.port) for way in shut] == [("neighbour", "container:web", str(UNPUBLISHED))]


def test_nothing_starts_in_or_goes_to_a_container_that_is_not_there(healthy_lab: Lab) -> None:
    ways = (Way("container:gone", "198.51.100.11", "8151"), Way("host", "container:gone", "80"))
    assert set(try_all(healthy_lab, ways).values()) == {Outcome.UNREACHABLE}


def test_opened_is_what_was_closed_before_the_fault() -> None:
    assert opened({ONE: SHUT}, {ONE: OPEN}) == (str(ONE),)
    assert opened({ONE: OPEN}, {ONE: OPEN}) == opened({ONE: SHUT}, {ONE: LOST}) == ()


def test_broken_is_what_neither_the_healthy_nor_the_faulty_host_closed() -> None:
    assert broken({ONE: OPEN}, {ONE: OPEN}, {ONE: SHUT}) == (f"{ONE} timeout",)
    assert broken({ONE: OPEN}, {ONE: SHUT}, {ONE: SHUT}) == broken({ONE: SHUT}, {ONE: SHUT}, {ONE: SHUT}) == ()

"""Containers on a network without names."""

import pytest
from msgspec.structs import replace

from hairpin.beside.inquiry import Inquiry
from hairpin.beside.walks.nameless import nameless, observe
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import examination
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.names import EMBEDDED
from hairpin.network.network import Network
from hairpin.question.question import Question
from tests.names_host import API, asking, named
from tests.small_host import network, published, sibling

TO_API = Flow(FromContainer("web", sibling("container:web")), 4, API, "tcp", 80, container="api")


def of_project(project: str) -> Network:
    """Return the host whose two containers are on the default network, made by one Compose project."""
    whole = named("bridge")
    (docker,) = whole.this.engines
    made = tuple(replace(each, project=project) for each in docker.containers)
    return whole.with_host(replace(whole.this, engines=(replace(docker, containers=made),)))


@pytest.mark.parametrize(
    ("whole", "said"),
    ((of_project(""), True), (of_project("shop"), False), (named("shop", other=("shop",)), False)),
    ids=("the default network", "of one project", "a network with names"),
)
def test_one_line_says_that_there_are_no_names(whole: Network, said: bool) -> None:
    passing = diagnose(network(), published())
    of_pair = replace(passing, trace=replace(passing.trace, flow=TO_API))
    found = nameless(examination(whole, (of_pair,)))
    assert [(each.severity, each.id) for each in found] == [("advice", "default-bridge-has-no-names")] * said


APART = named("shop", other=("office",))


@pytest.mark.parametrize(("passes", "left"), ((True, 1), (False, 2)))
def test_a_name_that_nobody_can_know_is_no_fault_where_the_address_answers(passes: bool, left: int) -> None:
    by_address = diagnose(network(), published() if passes else replace(published(), dport=9))
    by_address = replace(by_address, trace=replace(by_address.trace, flow=TO_API))
    of_name = diagnose(APART, asking(server=EMBEDDED))
    assert [each.cause for each in of_name.causes] == ["no-common-network-for-name"]
    found = observe(Inquiry(Question(), APART, (), examination(APART, (by_address, of_name)))).walked
    assert len(found.diagnoses) == left
    advice = [(each.severity, each.id) for each in nameless(found)]
    assert advice == [("advice", "no-common-network-for-name")] * passes

"""Containers on a network without names."""

import msgspec
import pytest

from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import examination
from hairpin.diagnose.nameless import nameless
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network
from tests.names_host import API, named
from tests.small_host import network, published, sibling

TO_API = Flow(FromContainer("web", sibling("container:web")), 4, API, "tcp", 80, container="api")


def of_project(project: str) -> Network:
    """Return the host whose two containers are on the default network, made by one Compose project."""
    whole = named("bridge")
    (docker,) = whole.this.engines
    made = tuple(msgspec.structs.replace(each, project=project) for each in docker.containers)
    return whole.with_host(
        msgspec.structs.replace(whole.this, engines=(msgspec.structs.replace(docker, containers=made),))
    )


@pytest.mark.parametrize(
    ("whole", "said"),
    ((of_project(""), True), (of_project("shop"), False), (named("shop", other=("shop",)), False)),
    ids=("the default network", "of one project", "a network with names"),
)
def test_one_line_says_that_there_are_no_names(whole: Network, said: bool) -> None:
    passing = diagnose(network(), published())
    of_pair = msgspec.structs.replace(passing, trace=msgspec.structs.replace(passing.trace, flow=TO_API))
    found = nameless(examination(whole, (of_pair,)))
    assert [(each.severity, each.id) for each in found] == [("advice", "default-bridge-has-no-names")] * said

"""The walk of a flow that several ask for."""

import msgspec

from hairpin.network.flow import FromHost
from hairpin.walk.walk import walk_flow
from hairpin.walk.walked import walked
from tests.causes.hosts import asked
from tests.small_host import container_namespace, network


def test_a_flow_is_walked_once_in_each_network() -> None:
    flow, built = asked(FromHost(), "172.17.0.2", 80), network()
    closed = network(inner=container_namespace(()))
    assert walked(built, flow) is walked(built, flow)
    assert walked(built, flow) == walk_flow(built, flow)
    assert (walked(built, flow).verdict, walked(closed, flow).verdict) == ("delivered", "refused")


def test_a_network_that_was_walked_is_still_the_same_value() -> None:
    built = network()
    walked(built, asked(FromHost(), "172.17.0.2", 80))
    assert built == network()
    assert msgspec.structs.replace(built) == built

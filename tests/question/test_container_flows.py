"""Flows to a container's own ports."""

import msgspec
import pytest

from hairpin.network.network import Network
from hairpin.question.asked import Target
from hairpin.question.flows import flows_for
from tests.macvlan_host import CHILD, on_ipvlan, on_macvlan, without_web
from tests.small_host import WEB, container, engine, host_namespace, network


def _with_chosen(address: int) -> Network:
    """Return the host whose stopped container was given this address by somebody (``--ip``)."""
    (endpoint,) = container().endpoints
    end = msgspec.structs.replace(endpoint, ipv4=None, fixed4=address)
    stopped = msgspec.structs.replace(container("exited"), endpoints=(end,), bindings=())
    return network(host_namespace(), docker=engine(stopped))


@pytest.mark.parametrize(
    ("built", "address"),
    ((without_web(on_macvlan()), CHILD), (without_web(on_ipvlan()), CHILD), (_with_chosen(WEB + 7), WEB + 7)),
)
def test_a_stopped_container_is_asked_at_the_address_that_was_chosen_for_it(built: Network, address: int) -> None:
    assert [each.daddr for each in flows_for(built, (Target(container="web", port=81),), None)] == [address]

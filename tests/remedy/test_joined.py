"""What the containers of a network reach once another one joins it."""

import msgspec

from hairpin.change.change import Change
from hairpin.engines.repair.connecting import connecting_change
from hairpin.engines.repair.starting import starting_change
from hairpin.host.docker import Endpoint
from hairpin.network.flow import FromContainer
from hairpin.network.network import Network
from hairpin.remedy.joined import flows_to_joined
from tests.engines.repair.test_connecting import with_second
from tests.small_host import container, container_namespace, sibling


def with_other(*networks: str) -> tuple[Network, Change]:
    """Return the host whose container ``db`` is on these networks, and the change by which ``web`` joins ``zoo``."""
    whole, second = with_second("zoo")
    endpoints = tuple(Endpoint(each, "n") for each in networks)
    db = msgspec.structs.replace(container(), id="d" * 64, name="db", netns="container:db", endpoints=endpoints)
    docker = msgspec.structs.replace(whole.this.engines[0], containers=(container(), db))
    inner = msgspec.structs.replace(container_namespace(), name="container:db")
    whole = whole.with_host(
        msgspec.structs.replace(whole.this, namespaces=(*whole.this.namespaces, inner), engines=(docker,))
    )
    change = connecting_change(whole.this, container(), second)
    assert change is not None
    return whole, change


def test_another_container_of_the_network_reaches_its_ports() -> None:
    (flow,) = flows_to_joined(*with_other("zoo"))
    assert (flow.start, flow.dport) == (FromContainer("db", sibling("container:db")), 80)


def test_nobody_reaches_more_of_it_where_nobody_else_is_on_the_network() -> None:
    assert list(flows_to_joined(*with_other("bridge"))) == []


def test_a_start_joins_nothing() -> None:
    whole, _ = with_other("zoo")
    ended = msgspec.structs.replace(container(), status="exited")
    docker = msgspec.structs.replace(whole.this.engines[0], containers=(ended, whole.this.engines[0].containers[1]))
    host = msgspec.structs.replace(whole.this, engines=(docker,))
    change = starting_change(host, ended, ended.bindings[0])
    assert change is not None
    assert list(flows_to_joined(whole.with_host(host), change)) == []

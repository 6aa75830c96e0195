"""A container and its own namespace."""

import msgspec
import pytest

from hairpin.host.docker import Endpoint
from hairpin.network.flow import FromHost
from tests.causes.case import Case, fires, is_silent
from tests.causes.hosts import (
    comes_and_goes,
    ignored,
    on_two_networks,
    ruled,
    stopped,
    unpublished,
    with_internal,
    with_link,
    without_addresses,
)
from tests.rule_text import with_chain, without_chain
from tests.small_host import (
    HOST_NETNS,
    WEB,
    container,
    container_namespace,
    egress,
    engine,
    host_namespace,
    network,
    published,
)

KEPT_INSIDE = with_chain("DOCKER-ISOLATION-STAGE-1", "-s 172.17.0.2/32 -j DROP")
INTERNAL = msgspec.structs.replace(container(), endpoints=(Endpoint("priv", "n2", WEB, 16),))

CASES: dict[str, Case] = {
    "it lost its address": Case(
        network(inner=without_addresses(container_namespace(), "eth0")), published(), ("container-address-missing",),
    ),
    "it has no default route": Case(
        network(inner=container_namespace(default=False)), published(), ("container-default-route-missing",),
    ),
    "its link is down": Case(
        network(inner=with_link(container_namespace(), "eth0", up=False)), published(), ("container-link-down",),
    ),
    "its link is down, and the default route went with it": Case(
        network(inner=with_link(container_namespace(default=False), "eth0", up=False)), published(),
        ("container-link-down",),
    ),
    "it cannot start, because the engine's chains are gone": Case(
        network(host_namespace(without_chain("nat", "DOCKER"), sockets=()), docker=engine(container("created"))),
        published(), ("docker-nat-chain-missing", "container-not-running"),
    ),
    "it was created without a network": Case(unpublished(ignored("none")), published(), ("container-network-none",)),
    "somebody has disconnected it": Case(
        unpublished(msgspec.structs.replace(ignored("default"), endpoints=())), published(),
        ("container-network-none",),
    ),
    "it has ended": Case(stopped("exited"), published(), ("container-not-running",)),
    "it is between two starts": Case(stopped("restarting"), published(), ("container-not-running",)),
    "it came and went while the host was read": Case(
        network(host_namespace(sockets=()), docker=engine(comes_and_goes())), published(FromHost(), "127.0.0.1"),
        ("container-not-running",),
    ),
    "it is on an internal network": Case(
        network(unpublished(ignored("priv")).namespace(HOST_NETNS), docker=with_internal(ignored("priv"))), published(),
        ("container-on-internal-network-only",),
    ),
    "it is on an internal network and connects to the outside": Case(
        network(host_namespace(KEPT_INSIDE), docker=with_internal(INTERNAL)), egress(),
        ("container-on-internal-network-only",), ruled(with_chain("DOCKER-ISOLATION-STAGE-1", "-j RETURN")),
    ),
    "it is paused": Case(network(docker=engine(container("paused"))), published(), ("container-paused",)),
    "its rp_filter is strict, and it replies by another link": Case(
        on_two_networks(rp_filter="1"), published(), ("container-rp-filter-strict",), on_two_networks(rp_filter="2"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_cause_fires_where_it_is_at_work(case: Case) -> None:
    fires(case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_is_named_on_the_host_without_the_fault(case: Case) -> None:
    is_silent(case.whole, case.flow)

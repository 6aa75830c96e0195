"""The ways of a branch: there, back, and the data."""

import msgspec
import pytest

from hairpin.network.flow import FromHost
from hairpin.report.places import Places
from hairpin.report.text.ways import packets_inside, ways
from hairpin.walk.walk import walk_flow
from tests.report.answers import FORWARDING_OFF, answer
from tests.small_host import container_namespace, network, published, ruleset, sibling


def test_a_request_that_is_dropped_is_the_only_way_and_ends_at_the_stop() -> None:
    trace = answer(FORWARDING_OFF).flows[0].trace
    (way,) = ways(trace, trace.usual, Places(names={"172.21.0.2": "front"}))
    assert (way.kind, way.stop) == ("request", trace.usual.stop)
    assert way.end == "front 172.21.0.2:80/tcp"  # where NAT has led it


def test_a_flow_that_is_delivered_goes_there_and_back() -> None:
    trace = answer().flows[0].trace
    there, back = ways(trace, trace.usual)
    assert (there.kind, back.kind) == ("request", "reply")
    assert (there.start, there.end) == (back.end, back.start)
    assert there.stop is None
    assert back.stop is None


def test_a_packet_that_no_tunnel_carries_carries_none() -> None:
    steps = answer().flows[0].trace.usual.request
    assert [*packets_inside(steps)] == [()] * len(steps)


RELAYED: dict[str, tuple[str, str, str]] = {
    "the relay's connection is rejected": ("-A INPUT -s 172.17.0.1/32 -j REJECT", "request", "input"),
    "the relay's connection is dropped": ("-A INPUT -s 172.17.0.1/32 -j DROP", "request", "input"),
    "the answer to the relay is dropped": ("-A OUTPUT -d 172.17.0.1/32 -j DROP", "reply", "output"),
}


@pytest.mark.parametrize(("rule", "kind", "stage"), RELAYED.values(), ids=RELAYED)
def test_a_way_by_a_relay_ends_where_the_relays_own_connection_stopped(rule: str, kind: str, stage: str) -> None:
    """docker-proxy has accepted the client's connection, and ends it: the rule in the container is not on that way."""
    text = f"*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rule}\nCOMMIT\n"
    inner = msgspec.structs.replace(container_namespace(), ruleset=ruleset(text))
    trace = walk_flow(network(inner=inner), published(FromHost(), "127.0.0.1"))
    (stopped,) = (each for each in ways(trace, trace.usual) if each.stop is not None)
    assert stopped.kind == kind
    last = stopped.steps[-1]
    assert (last.netns, last.stage, last.link) == (sibling("container:web"), stage, "eth0")

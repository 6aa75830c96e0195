"""The ways of a branch: there, back, and the data."""

from hairpin.report.text.ways import packets_inside, ways
from tests.report.answers import FORWARDING_OFF, answer


def test_a_request_that_is_dropped_is_the_only_way_and_ends_at_the_stop() -> None:
    trace = answer(FORWARDING_OFF).flows[0].trace
    (way,) = ways(trace, trace.usual)
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
